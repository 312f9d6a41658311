import {type Clock} from '../mailbox/clock.js';
import {demoMailbox, destinationLimit, unwelcomeSubject} from './demo-mailbox.js';
import {type MailboxSeed} from './imap/mailbox.js';
import {type ImapServerOptions, type User} from './imap/options.js';
import {type MicrosoftServerOptions} from './microsoft/options.js';

/** What must come of it. Messages marked `\\Deleted` are excluded by rule. */
export type DemoExpectation = {
	readonly messages: number;
	readonly markedDeleted: number;
	readonly refused: number;
	readonly bytes: number;
};

type Source = ImapServerOptions & {readonly users: readonly [User & {readonly password: string}]};

/** One mailbox and the servers that it goes from and to. */
export type Act = {
	readonly source: Source;
	/** The address at the destination. */
	readonly mailbox: string;
	readonly expected: DemoExpectation;
};

export type Demo = {
	/** Into Microsoft 365 by EWS: 2,000 messages, a lost connection, a throttling, two refusals. */
	readonly ews: Act;
	/** A second, small mailbox, after EWS was closed. */
	readonly auto: Act;
	/** The tenant that both go to, with EWS, Graph and IMAP before its mailboxes. */
	readonly destination: Omit<MicrosoftServerOptions, 'tls'>;
	readonly app: {readonly tenant: string; readonly clientId: string; readonly secret: string; readonly roles: readonly string[]};
};

const expectationOf = ({folders}: MailboxSeed, refused: number): DemoExpectation => {
	const messages = folders.flatMap(folder => [...folder.messages ?? []]);
	return {
		messages: messages.length,
		markedDeleted: messages.filter(message => message.flags?.includes(String.raw`\Deleted`)).length,
		refused,
		bytes: messages.reduce((sum, {bytes}) => sum + (typeof bytes === 'function' ? 0 : bytes.length), 0),
	};
};

/** Milliseconds that the sandbox takes for a message, so that a person can watch: about as fast as a server near by. */
const deliveryTime = 20;

/** Options for the servers of the demo, two WorkMails with a mailbox each and a tenant of Microsoft 365, and what goes wrong on purpose. */
export const demo = (clock: Clock, seed = 2027): Demo => {
	const [large, other] = [demoMailbox(seed), demoMailbox(seed + 1)];
	// None of these is refused anything.
	const small = {folders: other.folders.filter(({messages = []}) => [...messages].length < 60)};
	const workmail = (name: string, mailbox: MailboxSeed): Source => ({
		flavour: 'workmail',
		clock,
		seed,
		users: [{name, password: 'demo-source', mailbox}],
		limits: {maxConnections: 10},
		capabilities: {hide: ['SPECIAL-USE']},
		numbering: {uidValidity: 'constant', uids: 'mailbox'},
	});
	const app = {
		tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'demo-secret~Value', roles: ['full_access_as_app', 'IMAP.AccessAsApp'],
	};
	return {
		app,
		destination: {
			users: [{address: 'ana@example.com'}, {address: 'ben@example.com'}],
			apps: [app],
			clock,
			seed,
			imap: {faults: {rules: [{on: 'append', every: 1, do: {type: 'delay', milliseconds: deliveryTime}}]}},
			limits: {messageBytes: destinationLimit, itemMilliseconds: deliveryTime},
			refusals: [{header: {name: 'Subject', holds: unwelcomeSubject}, code: 'ErrorItemSave', text: 'Message refused by a content rule of this organisation.'}],
			faults: {rules: [{on: 'CreateItem', nth: 90, do: {type: 'busy', milliseconds: 2000, hold: true}}]},
		},
		ews: {
			// The source hangs up in the middle of a message, and later the destination asks for two seconds.
			source: {...workmail('ana@example.org', large), faults: {rules: [{on: 'read', nth: 6, do: {type: 'drop-mid-literal', bytes: 500}}]}},
			mailbox: 'ana@example.com',
			expected: expectationOf(large, 2),
		},
		auto: {
			source: workmail('ben@example.org', small),
			mailbox: 'ben@example.com',
			expected: expectationOf(small, 0),
		},
	};
};
