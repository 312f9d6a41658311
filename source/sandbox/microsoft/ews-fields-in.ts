import {type Content} from './content.js';
import {childOf, textOfChild, type XmlElement} from './xml-tree.js';

const empty: Content = {
	itemClass: 'IPM.Note', subject: '', to: [], cc: [], bcc: [], replyTo: [], importance: 'Normal', headers: '', attachments: [], wantsReceipt: false,
};

/** What a new item is made of: its MIME, and over it the fields that stand beside (Subject, Body, ItemClass, Importance, InternetMessageId). */
export const contentOfFields = (mime: Content | undefined, element: XmlElement): Content => {
	const content = mime ?? empty;
	const body = childOf(element, 'Body');
	return {
		...content,
		itemClass: textOfChild(element, 'ItemClass') ?? content.itemClass,
		subject: textOfChild(element, 'Subject') ?? content.subject,
		importance: (textOfChild(element, 'Importance') as Content['importance'] | undefined) ?? content.importance,
		messageId: textOfChild(element, 'InternetMessageId') ?? content.messageId,
		...(body && (body.attributes.get('BodyType') === 'HTML' ? {html: body.text, text: undefined} : {text: body.text, html: undefined})),
	};
};
