import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {
	type Script, type ScriptedCommand, type ScriptedConnection, type ScriptedOptions,
} from './scripted-imap.js';

const root = new URL('../../../shared/recorded/imap/', import.meta.url);

/** Answers that real servers gave, in a folder beside the project. */
export const recordingsAvailable = existsSync(fileURLToPath(root));

export const recordings = (): string[] => recordingsAvailable ? readdirSync(fileURLToPath(root)).toSorted() : [];

export const bytesOf = (file: string): Uint8Array => readFileSync(new URL(file, root));

/** Lines, remarks left out. `S:` and `C:` stay. */
export const linesOf = (file: string): string[] => readFileSync(new URL(file, root), 'latin1').split(/\r?\n/v).filter(line => line !== '' && !line.startsWith('#'));

/** What the server said, in lines. */
export const said = (file: string): string[] => linesOf(file).filter(line => line.startsWith('S: ')).map(line => line.slice(3));

type Step = {readonly tag: string; readonly answer: string[]};

const keyOf = (name: string, rest: string): string => name === 'AUTHENTICATE' ? `${name} ${rest.split(' ')[0]!}` : name;

const retagged = (lines: readonly string[], recorded: string, tag: string): string[] => {
	const told = lines.map(line => line.startsWith(`${recorded} `) ? tag + line.slice(recorded.length) : line);
	// Some excerpts leave the tagged line out.
	return told.some(line => line.startsWith(`${tag} `)) ? told : [...told, `${tag} OK completed.`];
};

const tell = (connection: ScriptedConnection, lines: readonly string[]): void => {
	connection.send(...lines);
	if (lines.some(line => line.startsWith('* BYE'))) {
		connection.socket.end();
	}
};

/**
A server that says again what was recorded: its greeting, and to each command what it answered to that command then, in
order, the last again and again. Of LIST the last, as ours asks once for all. Commands that were not recorded are answered as usual.
*/
export const playing = (file: string): ScriptedOptions => {
	const lines = linesOf(file);
	const first = lines.findIndex(line => line.startsWith('C: '));
	const greeting = lines.slice(0, first).find(line => line.startsWith('S: * '))?.slice(3);
	const steps = new Map<string, Step[]>();
	let current: string[] = [];
	for (const line of lines.slice(first)) {
		if (line.startsWith('C: ')) {
			const [tag, ...words] = line.slice(3).split(' ');
			const name = (words[0] === 'UID' ? `UID ${words[1]}` : words[0]!).toUpperCase();
			const key = keyOf(name, words.slice(1).join(' '));
			current = [];
			steps.set(key, [...(name === 'LIST' ? [] : steps.get(key) ?? []), {tag: tag!, answer: current}]);
		} else {
			current.push(line.slice(3));
		}
	}

	const script: Script = (command, connection) => {
		const known = steps.get(keyOf(command.name, command.rest));
		if (!known) {
			return 'default';
		}

		const {tag, answer} = known.length > 1 ? known.shift()! : known[0]!;
		tell(connection, retagged(answer, tag, command.tag));
	};

	return {...(greeting && {greeting}), script};
};

/** A server that answers one command with these recorded lines, the first word of the tagged one (its last but for BYE) being our tag. */
export const answering = (name: string, recorded: readonly string[], {alien = false, when = () => true}: {
	/** The tag is not ours. */
	readonly alien?: boolean;
	readonly when?: (command: ScriptedCommand) => boolean;
} = {}): Script => (command, connection) => {
	if (command.name !== name || !when(command)) {
		return 'default';
	}

	const tag = recorded.findLast(line => !/^[*+] /v.test(line))!.split(' ', 1)[0]!;
	tell(connection, alien ? recorded : retagged(recorded, tag, command.tag));
};
