import type {Message} from '@microsoft/microsoft-graph-types';
import {stampProperty, storableDate} from './ews-bodies.js';
import {type ItemStates} from './ews-states.js';

/** What is asked of Graph for one mailbox: paths below the version, and bodies (microsoft-365.md 3). */

/** Extended properties by the ids that Graph has for them (microsoft-365.md 3.7); the stamp is the one that EWS writes. */
export const propertyIds = {
	stamp: `String {${stampProperty.set}} Name ${stampProperty.name}`,
	/** PidTagMessageDeliveryTime: the received date. */
	receivedAt: 'SystemTime 0x0E06',
	/** PidTagClientSubmitTime: the sent date. */
	sentAt: 'SystemTime 0x0039',
	/** PidTagMessageSize. */
	size: 'Integer 0x0E08',
	/** PidTagIconIndex: the arrow that Outlook shows. */
	icon: 'Integer 0x1080',
	/** PidTagLastVerbExecuted: 102 to 104. */
	verb: 'Integer 0x1081',
} as const;

/** Largest pages that are known to be taken. */
const pages = {messages: 1000, folders: 250} as const;

/** What a list says of each message; read in two parts where the store loses some of it (microsoft-365.md 3.7). */
const messageFields = 'internetMessageId,subject,receivedDateTime,sentDateTime,createdDateTime,isRead,isDraft,flag';
const expanded = `singleValueExtendedProperties($filter=${[propertyIds.stamp, propertyIds.verb, propertyIds.size].map(id => `id eq '${id}'`).join(' or ')})`;
const folderFields = '$select=id,displayName,parentFolderId,childFolderCount,isHidden';

export class GraphPaths {
	readonly #user: string;

	/** @param mailbox its primary address */
	constructor(mailbox: string) {
		this.#user = `/users/${encodeURIComponent(mailbox)}`;
	}

	/** By id or well-known name. */
	folder(id: string): string {
		return `${this.#user}/mailFolders/${encodeURIComponent(id)}`;
	}

	/** Where a folder is made; undefined: at the top. */
	foldersBelow(id: string | undefined): string {
		return id === undefined ? `${this.#user}/mailFolders` : `${this.folder(id)}/childFolders`;
	}

	listFolders(id: string | undefined, hidden = false): string {
		return `${this.foldersBelow(id)}?$top=${pages.folders}&${folderFields}${hidden ? '&includeHiddenFolders=true' : ''}`;
	}

	importMime(folder: string): string {
		return `${this.folder(folder)}/importMime`;
	}

	message(id: string): string {
		return `${this.#user}/messages/${encodeURIComponent(id)}`;
	}

	/** The oldest first: what arrives meanwhile comes last and shifts nothing. */
	listMessages(folder: string, withProperties = true): string {
		return `${this.folder(folder)}/messages?$top=${pages.messages}&$orderby=createdDateTime&$select=${messageFields}${withProperties ? `&$expand=${encodeURIComponent(expanded)}` : ''}`;
	}
}

const instant = (time: number): string => new Date(storableDate(time)).toISOString().replace('.000Z', 'Z');

/** Milliseconds since 1970. */
export type Dates = {readonly receivedAt: number; readonly sentAt?: number | undefined};

export const clearReceipt = {isReadReceiptRequested: false} as const;

/**
What a message is to be once it is there, in one PATCH: with the stamp all of it is done.

@param dates undefined: the store does not take them; `sentAt` where the message itself has no date that could be read
@param stamp undefined: the mailbox has no room for its name
*/
export const stateBody = ({read, flagged, verb, categories}: ItemStates, {dates, stamp}: {readonly dates: Dates | undefined; readonly stamp: string | undefined}): Message => {
	const properties = [
		...(dates === undefined ? [] : [{id: propertyIds.receivedAt, value: instant(dates.receivedAt)}]),
		...(dates?.sentAt === undefined ? [] : [{id: propertyIds.sentAt, value: instant(dates.sentAt)}]),
		...(verb ? [{id: propertyIds.verb, value: verb === 'answered' ? '102' : '104'}, {id: propertyIds.icon, value: verb === 'answered' ? '261' : '262'}] : []),
		...(stamp === undefined ? [] : [{id: propertyIds.stamp, value: stamp}]),
	];
	return {
		isRead: read,
		...(flagged && {flag: {flagStatus: 'flagged'}}),
		...(categories.length > 0 && {categories: [...categories]}),
		...(properties.length > 0 && {singleValueExtendedProperties: properties}),
	};
};
