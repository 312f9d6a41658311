import {Buffer} from 'node:buffer';
import {imapDestination} from '../../source/destinations/imap.js';
import {type FolderPath} from '../../source/mailbox/mailbox.js';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {mailboxNamer} from '../checker/folders.js';
import {RawImap} from '../checker/raw-imap.js';
import {surroundings} from '../protocols/surroundings.js';
import {type Fixture} from './fixtures.js';
import {type Ground, type Manner, type Trouble} from './ground.js';

const uidOf = (id: string): number => Number(id.split(':', 2)[1]);

const small = Buffer.from('Subject: small\r\n\r\nsmall\r\n');

/** A message of so many bytes in lines, made each time that it is asked for. */
const large = (bytes: number) => ({size: bytes, bytes: () => Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), Buffer.alloc(bytes, `${'0123456789'.repeat(7)}\r\n`)]).subarray(0, bytes)});

const troubleOf = (server: ImapServer, told: Record<string, unknown>): Trouble => ({
	throttleAfter(stored, milliseconds) {
		server.setFaults({rules: [{on: 'append', nth: stored + 1, do: {type: 'throttle', milliseconds}}]});
	},
	loseAnswer() {
		server.setFaults({rules: [{on: 'append', nth: 1, do: {type: 'commit-then-drop'}}]});
	},
	spoil(folder, id) {
		server.setFaults({
			rules: [{
				on: 'read', folder, uid: uidOf(id), do: {type: 'refuse', text: 'It cannot be read.'},
			}],
		});
	},
	end() {
		server.setFaults({rules: []});
	},
	async fill(path, count) {
		server.mailbox().createFolder({path, messages: Array.from({length: count}, () => ({bytes: small}))});
	},
	async large(path, count, bytes) {
		server.mailbox().createFolder({path, messages: Array.from({length: count}, () => large(bytes))});
	},
	told: async () => told,
});

/** What a server for IMAP lets other programs do, by a plain client. */
const groundOf = async (fixture: Fixture): Promise<Ground> => {
	const mailbox = await fixture.start();
	const {host, port, user, password} = mailbox;
	const hands = await RawImap.open(mailbox);
	const name = await mailboxNamer(hands);
	const told = {
		kind: 'imap', host, port, tls: false, user, password,
	};
	return {
		port,
		destination: ({port: other = port, clock, silence} = {}) => imapDestination({
			...surroundings({host, port: other}, silence ? {silence} : {}).options, ...(clock && {clock}), user, credential: async () => ({password}),
		}),
		async createFolder(path: FolderPath) {
			await hands.ok('CREATE', name(path));
		},
		async deleteFolder(path: FolderPath) {
			await hands.ok('DELETE', name(path));
		},
		async deleteMessages(path, ids) {
			await hands.ok('SELECT', name(path));
			await hands.ok('UID', 'STORE', ids.map(id => uidOf(id)).join(','), '+FLAGS.SILENT', String.raw`(\Deleted)`);
			await hands.ok('CLOSE');
		},
		...(mailbox.server && {trouble: troubleOf(mailbox.server, told)}),
		async stop() {
			await hands.close();
			await mailbox.stop();
		},
	};
};

/** A fixture as a ground for the shared promises. */
export const mannerOf = (fixture: Fixture): Manner => ({
	name: fixture.name,
	available: fixture.available,
	isOurs: fixture.isOurs,
	kept: flags => flags.filter(flag => fixture.keepsKeywords || flag.startsWith('\\')),
	looksExactly: fixture.keepsBytes,
	keepsBytes: fixture.keepsBytes,
	keepsStamps: false,
	takesAnyName: false,
	newGenerations: fixture.newGenerations,
	isMeasured: fixture.isMeasured ?? false,
	start: async () => groundOf(fixture),
});
