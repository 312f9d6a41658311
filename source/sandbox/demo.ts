import {type Clock} from '../mailbox/clock.js';
import {demoMailbox, destinationLimit, unwelcomeSubject} from './demo-mailbox.js';
import {type FaultPlan} from './imap/faults.js';
import {type MailboxSeed} from './imap/mailbox.js';
import {type ImapServerOptions, type User} from './imap/options.js';

/** What goes wrong on purpose: the source hangs up in the middle of a message, and later the destination asks for two seconds. */
export const demoFaults: {readonly source: FaultPlan; readonly destination: FaultPlan} = {
	source: {rules: [{on: 'read', nth: 6, do: {type: 'drop-mid-literal', bytes: 500}}]},
	destination: {rules: [{on: 'append', nth: 900, do: {type: 'throttle', milliseconds: 2000, hold: true}}]},
};

/** What must come of it. Messages marked `\Deleted` are excluded by rule; two are refused. */
export type DemoExpectation = {
	readonly messages: number;
	readonly markedDeleted: number;
	readonly refused: 2;
	readonly bytes: number;
};

type DemoServer = ImapServerOptions & {readonly users: readonly [User & {readonly password: string}]};

export type Demo = {
	readonly source: DemoServer;
	readonly destination: DemoServer;
	readonly expected: DemoExpectation;
};

const expectationOf = ({folders}: MailboxSeed): DemoExpectation => {
	const messages = folders.flatMap(folder => [...folder.messages ?? []]);
	return {
		messages: messages.length,
		markedDeleted: messages.filter(message => message.flags?.includes(String.raw`\Deleted`)).length,
		refused: 2,
		bytes: messages.reduce((sum, {bytes}) => sum + (typeof bytes === 'function' ? 0 : bytes.length), 0),
	};
};

/** Options for the two servers of the demo: WorkMail with a mailbox, and an Exchange that is empty but for its own folders. */
export const demo = (clock: Clock, seed = 2027): Demo => {
	const mailbox = demoMailbox(seed);
	return {
		source: {
			flavour: 'workmail',
			clock,
			seed,
			users: [{name: 'ana@example.org', password: 'demo-source', mailbox}],
			limits: {maxConnections: 10},
			capabilities: {hide: ['SPECIAL-USE']},
			numbering: {uidValidity: 'constant', uids: 'mailbox'},
			faults: demoFaults.source,
		},
		destination: {
			flavour: 'exchange',
			clock,
			seed,
			users: [{
				name: 'ana@example.com',
				password: 'demo-destination',
				tokens: ['demo-token'],
				mailbox: {
					folders: [
						{path: ['INBOX']},
						{path: ['Archive'], role: 'archive'},
						{path: ['Calendar'], kind: 'not-mail', opens: 'empty'},
						{path: ['Contacts'], kind: 'not-mail', opens: 'empty'},
						{path: ['Deleted Items'], role: 'trash'},
						{path: ['Drafts'], role: 'drafts'},
						{path: ['Junk Email'], role: 'junk'},
						{path: ['Sent Items'], role: 'sent'},
					],
				},
			}],
			limits: {maxConnections: 20, maxMessageBytes: destinationLimit},
			refusals: [{header: {name: 'Subject', holds: unwelcomeSubject}, text: 'Message refused by a content rule of this organisation.'}],
			faults: demoFaults.destination,
		},
		expected: expectationOf(mailbox),
	};
};
