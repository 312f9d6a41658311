/** An element's form: its name with prefix, its attributes, and what stands in it. */
type Form = {readonly tag: string; readonly children: Form[]; readonly isEmptyTag: boolean; text: string};

const stub = /^A[QN]?[\w+\/]{0,4}={2}$|^[A-Z]QAAAA==$/v;

/** What an attribute is, as far as the form goes. */
const attributeForm = (name: string, value: string): string => {
	if (name === 'ChangeKey') {
		return stub.test(value) ? value : `${value.slice(0, 4)}+${value.length}`;
	}

	if (name === 'Id') {
		return /^AA[QM]k|^AQMk/v.test(value) ? 'id' : value;
	}

	return /^\d+$/v.test(value) ? 'number' : value;
};

const literal = new Set([
	'm:ResponseCode',
	'm:MessageText',
	'm:DescriptiveLinkKey',
	'faultcode',
	'faultstring',
	'e:ResponseCode',
	'e:Message',
	't:ItemClass',
	't:Sensitivity',
	't:Importance',
	't:Culture',
	't:FolderClass',
	't:Violation',
]);

/** What a text is, as far as the form goes. */
const textForm = (tag: string, text: string): string => {
	if (text === '' || literal.has(tag)) {
		return text;
	}

	if (/^(?:true|false)$/v.test(text)) {
		return 'boolean';
	}

	if (/^\d+$/v.test(text)) {
		return 'number';
	}

	return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/v.test(text) ? 'date' : (/^&lt;.+@.+&gt;$/v.test(text) ? 'message-id' : 'text');
};

const token = /<\?.*?\?>|<(?<close>\/?)(?<name>[\w:]+)(?<attributes>(?:\s+[\w:\-]+="[^"]*")*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gsv;

const parse = (xml: string): Form => {
	const root: Form = {
		tag: '', children: [], isEmptyTag: false, text: '',
	};
	const open = [root];
	for (const {0: whole, groups} of xml.matchAll(token)) {
		const {close, name, attributes, empty, text} = groups!;
		const parent = open.at(-1)!;
		if (text !== undefined) {
			parent.text += text;
		} else if (name === undefined) {
			parent.children.push({
				tag: whole, children: [], isEmptyTag: true, text: '',
			});
		} else if (close) {
			const closed = open.pop()!;
			closed.text = textForm(closed.tag.split(' ', 1)[0]!, closed.text);
		} else {
			const shown = [...attributes!.matchAll(/(?<key>[\w:\-]+)="(?<value>[^"]*)"/gv)].map(({groups: found}) => ` ${found!.key}="${attributeForm(found!.key!, found!.value!)}"`);
			const form: Form = {
				tag: `${name}${shown.join('')}`, children: [], isEmptyTag: Boolean(empty), text: '',
			};
			parent.children.push(form);
			if (!empty) {
				open.push(form);
			}
		}
	}

	return root;
};

const write = ({tag, children, isEmptyTag, text}: Form, indent: string): string[] => {
	const lines = [`${indent}${tag}${isEmptyTag ? '/' : ''}${text === '' ? '' : `: ${text}`}`];
	let last = '';
	for (const child of children) {
		const inner = write(child, `${indent} `);
		// Items of one form count once.
		if (inner.join('\n') !== last) {
			lines.push(...inner);
		}

		last = inner.join('\n');
	}

	return lines;
};

/** The form of an answer as lines: prefixes, order and absence of elements, attributes in order, empty tags, codes and texts of errors; not ids, dates, numbers and other texts. */
export const formOf = (xml: string): string => write(parse(xml), '').join('\n');

/** Of an HTTP answer as recorded: its status, its headers in order, its body. */
export const readHttp = (text: string): {readonly status: number; readonly headers: ReadonlyArray<readonly [string, string]>; readonly body: string} => {
	const [head = '', ...rest] = text.split('\r\n\r\n');
	const [line = '', ...headers] = head.split('\r\n');
	return {
		status: Number(line.split(' ')[1]),
		headers: headers.map(header => [header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim()] as const),
		body: rest.join('\r\n\r\n'),
	};
};
