import {expect, test} from 'vitest';
import {
	fakeDestination, fakeSource, folderIn, newStore, put, rebuilding,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

const draft = String.raw`\Draft`;

test('what another tool left altered stays counted as such when it is moved at the source', async () => {
	const [source, destination, files, clock] = [newStore(), newStore(), new ForgetfulFiles(), fastClock()];
	const mail = 'From: bo@example.org\r\nDate: Wed, 1 Jan 2020 11:59:00 +0000\r\nSubject: a\r\nMessage-ID: <a@example.org>\r\n\r\nbody\r\n';
	put(source, ['INBOX'], mail);
	put(destination, ['INBOX'], mail, {flags: [draft], receivedAt: Date.UTC(2026, 2, 1)});
	const migrate = async () => runEngine({
		source: fakeSource(source), destination: fakeDestination(destination, clock, undefined, rebuilding), files, directory: '/state', clock,
	});
	const first = await migrate();
	expect(first.progress.messages).toMatchObject({alreadyThere: 1, altered: 1, delivered: 0});
	expect(first.events).toContainEqual(expect.objectContaining({type: 'message.already-there', altered: ['received', 'draft']}));
	const [moved] = folderIn(source, ['INBOX']).messages.splice(0, 1);
	put(source, ['Kept'], '', {bytes: moved!.bytes, receivedAt: moved!.receivedAt});
	const again = await migrate();
	expect(again.progress.messages).toMatchObject({alreadyThere: 1, altered: 1, delivered: 0});
});
