import os from 'node:os';
import {type Clock} from '../mailbox/clock.js';
import {FailureError} from '../mailbox/failure.js';
import {foldersLeftBehind, leavesBehind} from '../mailbox/folder-matcher.js';
import {unusedOverrides} from '../mailbox/folder-overrides.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {
	accountsOf, type GraphFindings, openSource, roadsOf,
} from '../endpoints.js';
import {type Choices} from '../migration/context.js';
import {type Event} from '../migration/events.js';
import {realFiles} from '../migration/journal-file.js';
import {journalName} from '../migration/journal-name.js';
import {type Journal, openJournal} from '../migration/journal.js';
import {type MailboxRecord} from '../migration/record.js';
import {acquireLock} from '../migration/lock.js';
import {
	ensureStateDirectory, loadSettings, type Settings, stateDirectory,
} from '../settings.js';
import {type Arguments} from './arguments.js';
import {recallFindings, rememberFindings} from './probe-findings.js';
import {type Stage} from './stage.js';

/** What a command has of the world outside. */
export type World = {
	readonly clock: Clock;
	readonly random: () => number;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly version: string;
};

/** Reads the configuration that was named, or the one in its place. */
export const readSettings = async (asked: Pick<Arguments, 'file' | 'transport' | 'allowLoss'>, {environment}: World, needsSecrets = true): Promise<Settings> => {
	const settings = await loadSettings({
		...(asked.file !== undefined && {file: asked.file}), environment, home: os.homedir(), stateDirectory: await stateDirectory(environment), needsSecrets,
	});
	const {destination, options} = settings;
	if (asked.transport !== undefined && destination.imap && asked.transport !== 'imap') {
		throw new FailureError('usage-invalid', {detail: '--transport: the destination is a server with a password (destination.imap), which has no other way in than imap'});
	}

	return {
		...settings,
		destination: {...destination, ...(asked.transport !== undefined && {transport: asked.transport})},
		options: {...options, allowLoss: options.allowLoss || asked.allowLoss},
	};
};

/** Where journals, locks and reports of these settings lie. */
export const directoryOf = async (settings: Settings, {environment}: World): Promise<string> => settings.options.checkpointDirectory ?? stateDirectory(environment);

/** Opens the journal to look at, changing nothing. Facts given to it stay in memory. */
export const openDryJournal = async (settings: Settings, world: World): Promise<Journal> => {
	const accounts = accountsOf(settings);
	const journal = await openJournal({
		directory: await directoryOf(settings, world), name: journalName(accounts), files: realFiles, clock: world.clock, accounts, readOnly: true,
	});
	return {
		path: journal.path,
		record: journal.record,
		append(fact) {
			journal.record.apply(fact, 0);
		},
		async sync() {
			// Nothing is written.
		},
		async flush() {
			// Nothing is written.
		},
		details: async (folder, uid) => journal.details(folder, uid),
		facts: () => journal.facts(),
		close: async () => journal.close(),
	};
};

/** Takes the lock and opens the journal to write; `close` lets go of both. @throws state-locked, journal-damaged, journal-unwritable */
export const openHeldJournal = async (settings: Settings, world: World): Promise<{readonly journal: Journal; readonly close: () => Promise<void>}> => {
	const accounts = accountsOf(settings);
	const [directory, name] = [await directoryOf(settings, world), journalName(accounts)];
	await ensureStateDirectory(directory);
	const release = await acquireLock({
		directory, name, accounts, clock: world.clock,
	});
	try {
		const journal = await openJournal({
			directory, name, files: realFiles, clock: world.clock, accounts,
		});
		return {
			journal,
			async close() {
				try {
					await journal.close();
				} finally {
					await release();
				}
			},
		};
	} catch (error) {
		await release();
		throw error;
	}
};

/** Both ends for the settings, telling their notices on the stage. */
export const endsOf = async (settings: Settings, world: World, stage: Stage, {record, probes}: {readonly record: MailboxRecord; /** A road that cannot be known otherwise is probed. */ readonly probes: boolean}) => {
	const [directory, name] = [await directoryOf(settings, world), journalName(accountsOf(settings))];
	const known = await recallFindings(directory, name, world.clock.now());
	const surroundings = {
		graphFindings: known?.graph,
		probe: probes,
		isReadOnly: !probes,
		onGraphFindings(graph: GraphFindings) {
			void rememberFindings(directory, name, {at: world.clock.now(), graph});
		},
		// Folders are put on record only after both sides were signed in to.
		hasSignedInBefore: record.folders.length > 0,
		clock: world.clock, random: world.random, notice(notice: Parameters<Parameters<typeof openSource>[1]['notice']>[0]) {
			stage.tell({type: 'notice', notice});
		},
	};
	return {source: openSource(settings, surroundings), roads: roadsOf(settings, surroundings)};
};

/** Messages in memory at once, in bytes; a larger one is there alone. Enough to keep every lane busy with usual ones. */
const memory = 24 * 1024 * 1024;

/** The engine's part of the settings. */
export const choicesOf = ({options}: Settings, only?: (folder: FolderPath, uid: number) => boolean): Choices => {
	const staysBehind = leavesBehind(options.skipFolders, options.includeFolders);
	return {
		excludes: folder => staysBehind(folder) ? 'folder-skipped' : undefined,
		unused: folders => [
			...foldersLeftBehind(folders, options.skipFolders, options.includeFolders).unused.map(({text}) => `skipFolders or includeFolders names "${text}", which is no folder of the source.`),
			...unusedOverrides(folders, options.folderMap).map(text => `folderMap names "${text}", which is no folder of the source.`),
		],
		folderMap: options.folderMap,
		maxMessageSize: options.maxMessageSize,
		maxRetries: options.maxRetries,
		rateLimit: options.rateLimit,
		memory,
		allowLoss: options.allowLoss,
		...(only && {only}),
	};
};

/** `ana@old.example`, with the host where it says more. */
const nameOf = (account: {readonly user: string; readonly host: string}): string => account.user.includes('@') ? account.user : `${account.user}@${account.host}`;

/** How a run of these settings begins to be told. */
export const startOf = (settings: Settings, command: string, {version}: World): Extract<Event, {readonly type: 'run.started'}> => {
	const {destination} = settings;
	return {
		type: 'run.started', command, version, source: nameOf(accountsOf(settings).source), destination: destination.mailbox, transport: destination.transport,
		...(!destination.imap && destination.tenantId !== undefined && destination.clientId !== undefined && {application: {tenantId: destination.tenantId, clientId: destination.clientId}}),
	};
};
