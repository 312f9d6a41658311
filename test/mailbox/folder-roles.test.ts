import {describe, expect, test} from 'vitest';
import {
	assignRoles, looksNotMail, roleOfAttributes, roleOfName,
} from '../../source/mailbox/folder-roles.js';
import {roleNames} from '../../source/mailbox/folder-role-names.js';
import {roles} from '../../source/mailbox/mailbox.js';

const rolesOf = (...listed: Array<string | [string, ...string[]]>) => {
	const folders = listed.map(entry => typeof entry === 'string' ? {path: entry.split('/')} : {path: entry[0].split('/'), attributes: entry.slice(1)});
	return assignRoles(folders);
};

describe('roles', () => {
	test('WorkMail\'s own names are known, in every spelling of junk', () => {
		expect(rolesOf('INBOX', 'Sent Items', 'Deleted Items', 'Drafts', 'Junk E-Mail')).toEqual(['inbox', 'sent', 'trash', 'drafts', 'junk']);
		for (const name of ['Junk', 'junk email', 'JUNK E-MAIL', 'Junk Email', 'Spam']) {
			expect(roleOfName(name)).toBe('junk');
		}
	});

	test('names are known in other languages, composed or not, in any case', () => {
		expect(rolesOf('Gesendete Elemente', 'Entwürfe', 'GELÖSCHTE ELEMENTE', 'Archiv')).toEqual(['sent', 'drafts', 'trash', 'archive']);
		expect(roleOfName('Éléments envoyés')).toBe('sent');
		expect(roleOfName('送信済みアイテム')).toBe('sent');
		expect(roleOfName('ゴミ箱')).toBe('trash');
		expect(roleOfName('Отправленные')).toBe('sent');
		expect(roleOfName('Gönderilmiş Öğeler')).toBe('sent');
		expect(roleOfName('Correo no deseado')).toBe('junk');
	});

	test('no name stands for two roles', () => {
		const seen = new Map<string, string>();
		for (const role of roles) {
			for (const name of roleNames[role]) {
				expect(roleOfName(name), name).toBe(role);
				expect(seen.get(name) ?? role, name).toBe(role);
				seen.set(name, role);
			}
		}
	});

	test('an attribute beats a name, and nobody else gets that role', () => {
		expect(rolesOf('Sent', ['Ausgang', String.raw`\HasNoChildren`, String.raw`\Sent`])).toEqual([undefined, 'sent']);
		expect(roleOfAttributes([String.raw`\Marked`, String.raw`\TRASH`])).toBe('trash');
		expect(roleOfAttributes([String.raw`\All`])).toBeUndefined();
	});

	test('of two likely names the likelier gets the role, whatever the order of the listing', () => {
		expect(rolesOf('Sent', 'Sent Items')).toEqual([undefined, 'sent']);
		expect(rolesOf('Sent Items', 'Sent')).toEqual(['sent', undefined]);
	});

	test('a person\'s folder deep in the tree is no special folder', () => {
		expect(rolesOf('INBOX', 'Drafts', 'Projects/Sent', 'INBOX/Archive')).toEqual(['inbox', 'drafts', undefined, undefined]);
	});

	test('special folders below INBOX are known where there are none at the top', () => {
		expect(rolesOf('INBOX', 'INBOX/Sent', 'INBOX/Trash', 'INBOX/Sent/Trash')).toEqual(['inbox', 'sent', 'trash', undefined]);
	});

	test('INBOX is the inbox in any case, and a folder named like an inbox in another language is not a second one', () => {
		expect(rolesOf('Posteingang', 'Inbox')).toEqual([undefined, 'inbox']);
	});

	test('names of calendars and their like are a hint, the outbox and mail folders are none', () => {
		expect(looksNotMail(['Calendar'])).toBe(true);
		expect(looksNotMail(['Kalender', 'Feiertage'])).toBe(true);
		expect(looksNotMail(['Contacts'])).toBe(true);
		expect(looksNotMail(['Attività'.normalize('NFD')])).toBe(true);
		expect(looksNotMail(['Outbox'])).toBe(false);
		expect(looksNotMail(['Projects', 'Notes'])).toBe(false);
		expect(looksNotMail(['INBOX'])).toBe(false);
	});
});
