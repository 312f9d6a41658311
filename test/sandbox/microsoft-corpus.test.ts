/* eslint-disable @stylistic/max-len -- requests stand on one line */
import {Buffer} from 'node:buffer';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {
	beforeAll, describe, expect, test,
} from 'vitest';
import {complaintsOf, schemaAvailable} from '../protocols/ews-schema.js';
import {readXml} from '../../source/sandbox/microsoft/xml-tree.js';
import {
	call, codes, createFolder, createItem, extended, field, findFolder, findItem, getFolder, getItem, idsOf, inbox, message, newFolder, serve, stampField, tag, texts,
} from './microsoft-client.js';

const corpus = path.resolve('../shared/corpus');
const received = Date.UTC(2019, 2, 1, 8, 15);

/** The response element of an answer, without its declarations, which the schema's tool adds. */
const responseOf = (body: string): string => /<m:\w+Response .*<\/m:\w+Response>/sv.exec(body)![0].replaceAll(/ xmlns:\w+="[^"]*"/gv, '');

describe.skipIf(!existsSync(corpus))('every message of the corpus', () => {
	const files = existsSync(corpus) ? (readdirSync(corpus, {recursive: true}) as string[]).filter(file => file.endsWith('.eml')).sort() : [];
	const came: Uint8Array[] = files.map(file => readFileSync(path.join(corpus, file)));
	const kept: Array<{readonly bytes: Uint8Array | undefined; readonly receivedAt: number; readonly isDraft: boolean; readonly isRead: boolean}> = [];
	const results: string[] = [];
	const answers: string[] = [];

	beforeAll(async () => {
		const server = await serve();
		for (let start = 0; start < came.length; start += 10) {
			const created = await call(server, createItem(inbox, ...came.slice(start, start + 10).map((bytes, index) => message(bytes, { // eslint-disable-line no-await-in-loop
				properties: extended(tag('0x0E07', 'Integer'), '1') + extended(tag('0x0E06', 'SystemTime'), '2019-03-01T08:15:00Z') + extended(stampField, `stamp-${start + index}`), after: '<t:IsRead>true</t:IsRead>',
			}))));
			results.push(...codes(created));
			const read = await call(server, getItem(idsOf(created), {shape: 'AllProperties', mime: true, fields: stampField + tag('0x007D', 'String')})); // eslint-disable-line no-await-in-loop
			answers.push(created.body, read.body);
		}

		answers.push(...[await call(server, findItem(inbox, {shape: 'AllProperties'})), await call(server, findItem(inbox, {shape: 'Default'}))].map(({body}) => body));
		kept.push(...server.mailbox().items.map(({received, receivedAt, isDraft, isRead}) => ({
			bytes: received, receivedAt, isDraft, isRead,
		})));
	});

	test('is stored as it came, with the date and states it was given', () => {
		expect(files.length).toBeGreaterThan(400);
		expect(results).toEqual(files.map(() => 'NoError'));
		expect(files.filter((_, index) => Buffer.compare(kept[index]!.bytes!, came[index]!) !== 0)).toEqual([]);
		expect(new Set(kept.map(({receivedAt, isDraft, isRead}) => JSON.stringify({receivedAt, isDraft, isRead})))).toEqual(new Set([JSON.stringify({receivedAt: received, isDraft: false, isRead: true})]));
	});

	test('is read back in answers that the schema allows; what XML 1.0 forbids stands in few of them', async () => {
		const strict = answers.filter(body => {
			try {
				readXml(body);
				return true;
			} catch {
				return false;
			}
		});
		expect(strict.length).toBeGreaterThan(answers.length - 5);
		expect(strict.length).toBeLessThan(answers.length);
		expect(strict.flatMap(body => texts(body, 'IsDraft')).filter(text => text !== 'false')).toEqual([]);
		if (schemaAvailable) {
			expect(await complaintsOf(strict.map(body => responseOf(body)))).toBe('');
		}
	});
});

test.skipIf(!schemaAvailable)('answers about folders are what the schema allows, errors among them', async () => {
	const server = await serve();
	const root = '<t:DistinguishedFolderId Id="root"/>';
	const operations = [
		findFolder(root, {fields: field('folder:DistinguishedFolderId') + tag('0x10F4', 'Boolean')}),
		findFolder(root, {shape: 'IdOnly', view: '<m:IndexedPageFolderView MaxEntriesReturned="3" Offset="0" BasePoint="Beginning"/>'}),
		createFolder(inbox, newFolder('x'), newFolder('X')),
		getFolder(root, 'AllProperties'),
		getFolder('<t:FolderId Id="x"/>'),
		getItem(['x']),
		findItem('<t:FolderId Id="x"/>'),
		'<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:DeleteFolder>',
	];
	const bodies: string[] = [];
	for (const operation of operations) {
		const {body} = await call(server, operation); // eslint-disable-line no-await-in-loop
		bodies.push(responseOf(body));
	}

	expect(await complaintsOf(bodies)).toBe('');
});
