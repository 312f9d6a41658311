import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {expect, test} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {demo} from '../../source/sandbox/demo.js';
import {demoMailbox, destinationLimit, unwelcomeSubject} from '../../source/sandbox/demo-mailbox.js';
import {serve} from './stage.js';

const seed = 2027;

const contents = () => demoMailbox(seed).folders.flatMap(({path, messages = []}) => [...messages].map(message =>
	({path, ...message, text: Buffer.from(message.bytes as Uint8Array).toString('latin1')})));

const digest = (value: number): string => {
	const hash = createHash('sha256');
	for (const {path, messages = []} of demoMailbox(value).folders) {
		hash.update(JSON.stringify(path));
		for (const {bytes, ...rest} of messages) {
			hash.update(bytes as Uint8Array).update(JSON.stringify(rest));
		}
	}

	return hash.digest('hex');
};

test('the demo mailbox is the same every time, and another seed makes another one', () => {
	expect(digest(seed)).toBe(digest(seed));
	expect(digest(1)).not.toBe(digest(seed));
});

test('the demo mailbox holds 2,000 messages of every kind in a dozen folders', async () => {
	const messages = contents();
	const sizes = messages.map(({bytes}) => (bytes as Uint8Array).length);
	const {folders} = demoMailbox(seed);
	const {ews: {expected}} = demo(realClock(), seed);
	expect(messages).toHaveLength(2000);
	expect(expected).toMatchObject({messages: 2000, markedDeleted: 7, refused: 2});
	expect(expected.bytes).toBeLessThan(60_000_000);
	expect(folders.filter(folder => (folder.kind ?? 'mail') === 'mail').length).toBeGreaterThanOrEqual(12);
	expect(Math.max(...folders.map(folder => folder.path.length))).toBe(3);
	expect(folders.some(folder => [...folder.messages ?? []].length === 0 && !folder.kind)).toBe(true);
	expect(sizes.filter(size => size > 1_000_000).length).toBe(5);
	expect(sizes.filter(size => size < 1500).length).toBeGreaterThan(10);
	expect(messages.filter(({text}) => !/^message-id:/im.test(text)).length).toBeGreaterThan(3);
	expect(messages.filter(({text}) => !/^date:/im.test(text)).length).toBeGreaterThan(3);
	expect(messages.some(({text}) => !text.includes('\r\n\r\n'))).toBe(true);
	expect(messages.some(({text}) => /^Subject:.*[\u0080-\u00FF]/m.test(text))).toBe(true);
	expect(messages.some(({text}) => /^Subject: =\?utf-8\?B\?/m.test(text))).toBe(true);
	const inbox = messages.filter(({path}) => path[0] === 'INBOX');
	expect(inbox.length - new Set(inbox.map(({text}) => text)).size).toBe(6);
	expect(new Set(messages.flatMap(({flags = []}) => flags)).size).toBeGreaterThanOrEqual(7);
	const dates = messages.map(({internalDate}) => internalDate!);
	expect(Math.max(...dates) - Math.min(...dates)).toBeGreaterThan(14 * 365 * 86_400_000);
	for (const {text} of messages) {
		expect(text.replaceAll(/@example\.(?:org|com)/g, '')).not.toMatch(/[a-z]@[a-z]/);
	}
});

test('exactly two messages of the demo are refused by its destination, one for its size and one for what it says', async () => {
	const alive = contents().filter(({flags}) => !flags?.includes(String.raw`\Deleted`));
	const tooBig = alive.filter(({bytes}) => (bytes as Uint8Array).length > destinationLimit);
	const unwelcome = alive.filter(({text}) => text.includes(`Subject: ${unwelcomeSubject}`));
	expect(tooBig).toHaveLength(1);
	expect(unwelcome).toHaveLength(1);
	expect(unwelcome[0]!.text).toContain(unwelcomeSubject);
	expect(tooBig[0]).not.toBe(unwelcome[0]);
});

test('both sources of the demo start and hold what the demo says; the second has nothing that is refused', async () => {
	const {ews, auto, destination} = demo(realClock(), seed);
	for (const {source, expected} of [ews, auto]) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const from = await serve(source);
		expect(from.mailbox().folders.reduce((sum, folder) => sum + folder.messages.length, 0)).toBe(0 + expected.messages);
		expect(from.mailbox().size).toBe(expected.bytes);
		expect(new Set(from.mailbox().folders.map(folder => folder.uidValidity))).toEqual(new Set([1]));
	}

	expect(auto.expected).toMatchObject({refused: 0});
	expect(auto.expected.messages).toBeGreaterThan(50);
	expect(destination.users.map(({address}) => address)).toEqual([ews.mailbox, auto.mailbox]);
});
