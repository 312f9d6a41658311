/**
The choices a person made, from a YAML file and the environment: checked as a whole, all problems told at
once with file, line and key, secrets never shown.
*/
import {readFile as readFileOf, stat} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {type FolderMatcher} from './mailbox/folder-matcher.js';
import {type Transport} from './mailbox/destination.js';
import {type Environment, type SecretKey, secretsFromEnvironment} from './settings/environment.js';
import {readAuthority} from './settings/authority.js';
import {readCertificateFile} from './settings/certificate.js';
import {type ReadDocument, readDocument} from './settings/document.js';
import {type Cloud, clouds} from './settings/hosts.js';
import {locate} from './settings/locate.js';
import {resolvePath} from './settings/paths.js';
import {announcePredecessor, isPredecessors} from './settings/predecessor.js';
import {type Problem, SettingsError} from './settings/problem.js';
import {Secret} from './settings/secret.js';
import {type ParsedSettings} from './settings/schema.js';
import {validate} from './settings/validate.js';

export {type Problem, SettingsError, showProblem} from './settings/problem.js';
export {Secret} from './settings/secret.js';
export {type Cloud} from './settings/hosts.js';
export {defaultFile, predecessorsFile} from './settings/locate.js';
export {template} from './settings/template.js';
export {ensureStateDirectory, stateDirectory, writePrivateFile} from './settings/state-directory.js';

/** An IMAP server and who signs in there. */
export type ImapSettings = {
	readonly host: string;
	readonly port: number;
	/** TLS from the first byte; false towards loopback only. */
	readonly tls: boolean;
	readonly user: string;
	/** Absent only where secrets were not asked for. */
	readonly password?: Secret;
	/** PEM text of authorities to trust beside the system's own. */
	readonly ca?: string;
};

export type Settings = {
	readonly source: ImapSettings;
	readonly destination: {
		/** Its address. */
		readonly mailbox: string;
		/** `auto` tries all roads, the most faithful first. Where none is named: `imap` into a server with a password, else `auto`. */
		readonly transport: Transport | 'auto';
		readonly tenantId?: string;
		readonly clientId?: string;
		readonly clientSecret?: Secret;
		/** The PEM or PFX file in base64: it holds the private key. Used instead of a secret. */
		readonly certificate?: Secret;
		readonly certificatePassphrase?: Secret;
		readonly cloud: Cloud;
		/** Where set, this server is written to, by password, whatever else is named. */
		readonly imap?: ImapSettings;
	};
	readonly options: {
		readonly skipFolders: readonly FolderMatcher[];
		/** Empty: all. */
		readonly includeFolders: readonly FolderMatcher[];
		/** Source folder → destination folder, as by `showPath`. */
		readonly folderMap: Readonly<Record<string, string>>;
		/** Messages a second; 0 for no limit. */
		readonly rateLimit: number;
		readonly maxRetries: number;
		/** Bytes; 0 for no limit of ours. Where none is named: what a mailbox of Microsoft 365 takes unless it was told otherwise. */
		readonly maxMessageSize: number;
		/** A road may be taken that does not carry all of each message. */
		readonly allowLoss: boolean;
		/** Absolute; where the journal lies instead of the state directory. */
		readonly checkpointDirectory?: string;
	};
	/** The file all this was read from. */
	readonly file: string;
	/** What a person should know before a run: one sentence or two each. */
	readonly announcements: readonly string[];
};

export type LoadOptions = {
	/** The file a person named; without it the default, then the earlier tool's. */
	readonly file?: string;
	readonly environment: Environment;
	readonly home: string;
	readonly stateDirectory: string;
	/** False for commands that only read the journal: then a secret may be missing. */
	readonly needsSecrets?: boolean;
	readonly readFile?: (path: string) => Promise<Uint8Array>;
};

/** MaxReceiveSize of a mailbox that nobody changed, 36 MB (microsoft-365.md 2.7). */
const usualLimit = 36 * 1024 * 1024;

/** Defined entries only: what is absent has no key (`exactOptionalPropertyTypes` in spirit). */
const present = <T extends Record<string, unknown>>(entries: T): {[K in keyof T]: Exclude<T[K], undefined>} =>
	Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {[K in keyof T]: Exclude<T[K], undefined>};

type Reading = {readonly file: string; readonly home: string; readonly readFile: (path: string) => Promise<Uint8Array>; readonly document: ReadDocument};

/** The files that `ca` keys name. */
const readAuthorities = async ({source, destination}: ParsedSettings, {file, home, readFile, document}: Reading) => {
	const problems: Problem[] = [];
	const read = async (value: string | undefined, key: string): Promise<string | undefined> => {
		const {pem, problem} = value === undefined ? {} : await readAuthority(value, {line: document.lineOf(key.split('.')), key}, {file, home, readFile});
		problems.push(...(problem ? [problem] : []));
		return pem;
	};

	const [sourceCa, imapCa, cloudCa] = await Promise.all([
		read(source.ca, 'source.ca'),
		read(destination.imap?.ca, 'destination.imap.ca'),
		read(destination.cloud?.ca, 'destination.cloud.ca'),
	]);
	return {problems, authorities: {source: sourceCa, imap: imapCa, cloud: cloudCa}};
};

/** Hosts that a section of its own leaves out: EWS and IMAP share theirs everywhere; there is no guess for Graph. */
const cloudOf = (cloud: ParsedSettings['destination']['cloud'], ca: string | undefined): Cloud => {
	if (!cloud) {
		return clouds.global;
	}

	const imap = cloud.imap ?? {host: (cloud.ews ?? '').replace(/:\d+$/v, ''), port: 993};
	return {
		login: cloud.login, graph: cloud.graph ?? '', ews: cloud.ews ?? imap.host, imap, ...(ca && {ca}),
	};
};

type Extras = {
	readonly secrets: ReadonlyMap<SecretKey, Secret>;
	readonly authorities: {readonly source: string | undefined; readonly imap: string | undefined; readonly cloud: string | undefined};
	readonly checkpointDirectory: string | undefined;
	readonly certificate: Secret | undefined;
};

const assemble = ({source, destination, options}: ParsedSettings, {secrets, authorities, checkpointDirectory, certificate}: Extras): Pick<Settings, 'source' | 'destination' | 'options'> => {
	const {imap, cloud, mailbox, transport, tenantId, clientId} = destination;
	const secretOf = (key: SecretKey, written: string | undefined): Secret | undefined => secrets.get(key) ?? (written === undefined ? undefined : new Secret(written));
	return {
		source: present({
			host: source.host ?? source.region ?? '', port: source.port, tls: source.tls, user: source.user,
			password: secretOf('source.password', source.password), ca: authorities.source,
		}),
		destination: present({
			mailbox, transport: transport ?? (imap ? 'imap' : 'auto'), tenantId, clientId,
			clientSecret: secretOf('destination.clientSecret', destination.clientSecret),
			certificate, certificatePassphrase: certificate && secretOf('destination.certificatePassphrase', destination.certificatePassphrase), cloud: cloudOf(cloud, authorities.cloud),
			imap: imap && present({
				host: imap.host, port: imap.port, tls: imap.tls, user: imap.user ?? mailbox,
				password: secretOf('destination.imap.password', imap.password), ca: authorities.imap,
			}),
		}),
		options: present({...options, maxMessageSize: options.maxMessageSize ?? (imap ? 0 : usualLimit), checkpointDirectory}),
	};
};

const announceReadable = async (file: string, {source, destination}: ParsedSettings): Promise<string[]> => {
	const hasSecret = [source.password, destination.clientSecret, destination.certificatePassphrase, destination.imap?.password].some(Boolean);
	const {mode} = await stat(file);
	// eslint-disable-next-line no-bitwise -- Modes are bits.
	return hasSecret && process.platform !== 'win32' && (mode & 0o077) !== 0 ? [`${file} holds secrets and can be read by others on this machine: chmod 600 it.`] : [];
};

/** @throws SettingsError with every problem */
export const loadSettings = async (options: LoadOptions): Promise<Settings> => {
	const {environment, home, stateDirectory, needsSecrets = true, readFile = readFileOf} = options;
	const {file, text, isPredecessors: isInItsPlace} = await locate(options.file, {home, stateDirectory, readFile});
	const document = readDocument(file, text);
	const {secrets, problems: unread} = await secretsFromEnvironment({environment, home, readFile});
	const problems: Problem[] = [...document.problems, ...(needsSecrets ? unread.values() : [])];
	const blamed = new Set(document.problems.map(({key}) => key));
	const {parsed, problems: invalid} = validate(file, document, key => !needsSecrets || secrets.has(key) || unread.has(key));
	problems.push(...invalid.filter(({key}) => key === '' || !blamed.has(key)));
	if (!parsed) {
		throw new SettingsError(problems);
	}

	const {problems: distrusted, authorities} = await readAuthorities(parsed, {
		file, home, readFile, document,
	});
	problems.push(...distrusted);
	const {certificate: certificateFile} = parsed.destination;
	const {certificate, problem: unusable} = certificateFile === undefined || !needsSecrets
		? {}
		: await readCertificateFile(certificateFile, document.lineOf(['destination', 'certificate']), {file, home, readFile});
	problems.push(...(unusable ? [unusable] : []));
	const directory = parsed.options.checkpointDirectory;
	const checkpointDirectory = directory === undefined ? undefined : resolvePath(directory, {home, base: path.dirname(path.resolve(file))});
	if (directory !== undefined && checkpointDirectory === undefined) {
		problems.push({
			file, line: document.lineOf(['options', 'checkpointDirectory']), key: 'options.checkpointDirectory', expected: 'a path without another user\'s ~',
		});
	}

	if (problems.length > 0) {
		throw new SettingsError(problems);
	}

	const announcements = [
		...(isInItsPlace ? [`This is the configuration of the earlier aw2ms365, ${file}: there is none in ${stateDirectory}.`] : []),
		...(isInItsPlace || isPredecessors(document.value) ? announcePredecessor(parsed, {checkpointDirectory}) : []),
		...document.commented.map(({key, line}) => `${file}:${line}: ${key}: what follows the # is taken for a comment. If it belongs to the value, put the value in single quotes.`),
		...(options.readFile ? [] : await announceReadable(file, parsed)),
	];
	return {
		...assemble(parsed, {
			secrets, authorities, checkpointDirectory, certificate,
		}),
		file, announcements,
	};
};
