import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {FailureError, failures} from '../../source/mailbox/failure.js';
import {type FolderPath, pathKey} from '../../source/mailbox/mailbox.js';
import {Control} from '../../source/migration/control.js';
import {type Event, Teller} from '../../source/migration/events.js';
import {realFiles} from '../../source/migration/journal-file.js';
import {fold, startProgress} from '../../source/migration/progress.js';
import {verify} from '../../source/migration/verifier.js';
import {exitCodeOfRun} from '../../source/output/exit-code.js';
import {ndjsonFace} from '../../source/output/ndjson.js';
import {summaryOf} from '../../source/output/summary.js';
import {
	fakeDestination, fakeSource, type Fault, folderIn, newStore, put, type Store, traits,
} from '../migration/fake-ends.js';
import {
	choices, fastClock, openTestJournal, runEngine,
} from '../migration/run-engine.js';
import {collectingTerminal} from './collected.js';

const deleted = [String.raw`\Deleted`];

/** Folders with mail of every fate, one that cannot be opened, one that is no mail, one that stays behind. */
const variedMailbox = (): Store => {
	const store = newStore();
	for (let index = 0; index < 60; index++) {
		put(store, ['INBOX'], `Subject: message ${index}\r\nFrom: Bo <bo@old.example>\r\n\r\nbody`, {flags: index % 7 === 0 ? deleted : []});
	}

	put(store, ['INBOX'], `Subject: large\r\n\r\n${'x'.repeat(5000)}`);
	put(store, ['Clients', 'A/B'], 'Subject: gone before it is read\r\n\r\n');
	put(store, ['Clients', 'A/B'], 'Subject: stays\r\n\r\n');
	put(store, ['Locked'], 'Subject: unreadable\r\n\r\n');
	put(store, ['Left'], 'Subject: stays behind\r\n\r\n');
	folderIn(store, ['仕事 \u202E']);
	return store;
};

/** One of each kind, again and again. */
const faults: readonly Fault[] = [
	'ok', {code: 'throttled', wait: 0}, 'committed, answer lost', 'ok', 'lost', {code: 'message-refused'}, 'ok', {code: 'throttled'}, {late: 10_000}, {code: 'message-too-large'}, 'ok',
];

/** What the face writes of one run. */
export type FacedRun = {readonly lines: readonly string[]};

const faced = async (command: string, play: (tell: (event: Event) => void) => Promise<void>): Promise<FacedRun> => {
	const clock = fastClock();
	const terminal = collectingTerminal();
	const progress = startProgress();
	const teller = new Teller(clock, `run of ${command}`);
	const face = ndjsonFace(terminal, progress);
	teller.listen(event => {
		fold(progress, event);
		face.hear(event);
		face.tick(event.at);
	});
	teller.tell({
		type: 'run.started', command, version: '0.0.0', source: 'ana@old.example', destination: 'ana@new.example', transport: 'imap',
	});
	await play(event => {
		teller.tell(event);
	});
	if (!progress.outcome) {
		teller.tell({type: 'run.ended', outcome: 'complete'});
	}

	face.finish(summaryOf(progress, progress.outcome!, exitCodeOfRun(progress, progress.outcome!, undefined)), clock.now());
	return {lines: terminal.results};
};

/**
Runs of the engine over a mailbox with everything in it, through the NDJSON face: with faults, again after a move and an arrival, stopped,
failed, verified; and lines of the commands that have no engine.
*/
export const variedRuns = async (): Promise<FacedRun[]> => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-lines-'));
	try {
		const [source, destination] = [variedMailbox(), newStore()];
		const locked = pathKey(['Locked']);
		const from = fakeSource(source);
		const reading = fakeSource(source, {
			async folders(signal) {
				return [...await from.folders(signal), {path: ['Calendar'], kind: 'not-mail'}, {path: ['Clients'], kind: 'container'}];
			},
			async list(folder, signal) {
				if (pathKey(folder) === locked) {
					throw new FailureError('folder-unreadable', {detail: 'NO not today'});
				}

				const listing = await from.list(folder, signal);
				if (folder[0] === 'Clients') {
					// Between listing and reading.
					folderIn(source, folder).messages.splice(0, 1);
				}

				return listing;
			},
		});
		const engine = async (tell: (event: Event) => void, own: {faults?: (nth: number) => Fault; source?: typeof from; control?: Control; lost?: boolean} = {}) => {
			const clock = fastClock();
			const to = fakeDestination(destination, clock, own.faults, own.lost ? {tellsId: false} : {});
			await runEngine({
				source: own.source ?? from, destination: to, files: realFiles, directory, clock, ...(own.control && {control: own.control}),
				choices: {
					maxMessageSize: 4000, maxRetries: 2, excludes: folder => folder.path[0] === 'Left' ? 'folder-skipped' : undefined,
					unused: () => ['skipFolders names "Lef", which is no folder of the source.'],
				},
				onEvent(event) {
					const {seq, at, run, ...plain} = event;
					tell(plain);
				},
			});
		};

		const faulty = await faced('migrate', async tell => {
			await engine(tell, {source: reading, faults: nth => nth < 45 ? faults[nth % faults.length]! : 'ok'});
		});
		const inbox = folderIn(source, ['INBOX']);
		const [moved] = inbox.messages.splice(inbox.messages.findIndex(message => message.flags.length === 0), 1);
		put(source, ['Moved'], '', {bytes: moved!.bytes, receivedAt: moved!.receivedAt});
		const again = await faced('migrate', engine);
		const stopped = await faced('migrate', async tell => {
			put(source, ['INBOX'], 'Subject: newer\r\n\r\n');
			const control = new Control();
			control.stop();
			tell({type: 'stopping', underWay: 0});
			await engine(tell, {control});
		});
		const failed = await faced('migrate', async tell => {
			await engine(tell, {faults: () => ({code: 'destination-full'})});
		});
		const verified = await faced('verify', async tell => {
			put(destination, ['INBOX'], 'Subject: somebody else\r\n\r\n');
			folderIn(destination, ['INBOX']).messages.splice(3, 1);
			const clock = fastClock();
			const journal = await openTestJournal(realFiles, directory, clock);
			await verify({
				source: from, destination: fakeDestination(destination, clock), traits, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices, signal: new AbortController().signal, tell,
			});
			await journal.close();
		});
		return [faulty, again, stopped, failed, verified, await faced('others', tellTheRest)];
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
};

/** What no run of the engine alone tells. */
const tellTheRest = async (tell: (event: Event) => void): Promise<void> => {
	const folder: FolderPath = ['INBOX'];
	const {failure} = new FailureError('message-refused', {detail: 'NO spam'});
	const {sentence, next} = failures['message-refused'];
	tell({type: 'road.closed', transport: 'ews', failure: new FailureError('ews-closed').failure});
	tell({type: 'paused'});
	tell({type: 'resumed', folder});
	tell({
		type: 'folder.renamed', folder, destination: ['INBOX 2'], wanted: ['INBOX'], reason: 'clash',
	});
	tell({
		type: 'notice', notice: {
			type: 'reconnecting', side: 'source', wait: 1000, code: 'connection-lost', detail: 'BYE',
		},
	});
	tell({
		type: 'pace', lanes: 1, reason: 'throttled', until: Date.UTC(2027, 0, 1),
	});
	tell({
		type: 'failure', folder, uid: 7, failure, sentence, next, bytes: 1, receivedAt: new Date(0).toISOString(), refusedAt: new Date(1).toISOString(), subject: 's', sender: 'f', attempts: 2, command: 'aw2ms365 retry',
	});
	tell({
		type: 'message.reopened', folder, uid: 7, bytes: 1, from: 'refused',
	});
	tell({type: 'configuration.written', file: '/home/ana/config.yaml'});
	tell({
		type: 'dns.domain', domain: 'xn--mnchen-3ya.example', shown: 'münchen.example', cloud: 'Microsoft 365', checked: true,
	});
	tell({
		type: 'dns.record', step: 1, record: 'mx', name: 'xn--mnchen-3ya.example', kind: 'MX', form: '<domain>.mail.protection.outlook.com', preference: 0, ttl: 3600, why: 'Mail', where: [{place: 'graph', text: 'GET'}],
		check: {
			verdict: 'missing', finding: 'not-published', words: 'Nobody', published: [], suggestion: 's', notes: ['n'], servers: [{
				server: '192.0.2.1', isZones: false, answer: 'no-data', values: [],
			}],
		},
	});
	tell({
		type: 'dns.record', step: 2, record: 'dmarc', name: '_dmarc.xn--mnchen-3ya.example', kind: 'TXT', value: 'v=DMARC1; p=none', ttl: 3600, why: 'Last', where: [],
	});
	tell({
		type: 'dns.action', step: 3, words: 'Do', why: 'Because', commands: ['aw2ms365 migrate'],
	});
	tell({
		type: 'doctor.check', id: 'road.ews', verdict: 'warning', words: 'Shut', failure: new FailureError('ews-closed').failure, next: 'Open it:\nConnect-ExchangeOnline',
	});
	tell({
		type: 'doctor.transport', transport: 'graph', otherwise: 'graph-json', why: 'Because', loses: ['keywords'], mayLose: ['received-date'], estimate: {
			messages: 1, bytes: 2, hours: 0.1, documented: true, words: 'w',
		},
	});
};
