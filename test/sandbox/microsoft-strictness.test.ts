import {expect, test} from 'vitest';
import {
	call, codes, createItem, extended, folderId, inbox, mail, message, serve, tag,
} from './microsoft-client.js';

/** What a kinder stand-in would let pass, and a mailbox would not. */

test('what asks for sending is refused, and nothing of it is stored: tests must see letters to strangers', async () => {
	const server = await serve();
	for (const disposition of ['SendOnly', 'SendAndSaveCopy']) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const answer = await call(server, createItem(inbox, message(mail('letter'))).replace('SaveOnly', disposition));
		expect(codes(answer)).toEqual(['ErrorSendAsDenied']);
	}

	expect(server.mailbox().items).toEqual([]);
});

test('a date before 1601 is no date of the store', async () => {
	const server = await serve();
	const at = (date: string) => message(mail('early'), {properties: extended(tag('0x0E06', 'SystemTime'), date)});
	const answer = await call(server, createItem(inbox, at('1600-12-31T23:59:59Z'), at('1601-01-01T00:00:00Z')));
	expect(codes(answer)).toEqual(['ErrorInvalidExtendedPropertyValue', 'NoError']);
});

test('with refusals planned, too, a folder that is gone is told of each item and not by a broken connection', async () => {
	const server = await serve({refusals: [{header: {name: 'Subject', holds: 'bad'}, code: 'ErrorItemSave', wholeCall: 500}]});
	const folder = server.mailbox().ensureFolder(['Fleeting'], 'IPF.Note');
	server.mailbox().deleteFolder(folder);
	const gone = await call(server, createItem(folderId(folder.id), message(mail('one')), message(mail('two'))));
	expect([gone.status, codes(gone)]).toEqual([200, ['ErrorFolderNotFound', 'ErrorFolderNotFound']]);
	const whole = await call(server, createItem(inbox, message(mail('one')), message(mail('bad'))));
	expect([whole.status, server.mailbox().items.length]).toEqual([500, 0]);
});
