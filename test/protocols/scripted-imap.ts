import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {createServer, type AddressInfo, type Socket} from 'node:net';

/**
A small IMAP server whose every answer can be scripted: for hostile and broken answers, which no real server gives.

By itself it keeps messages in memory and answers what the adapters ask. `script` sees each command first; what it
returns other than `default` stands for the answer.
*/

export type ScriptedMessage = {
	uid: number; bytes: Uint8Array; flags: string[]; date: string;
	/** RFC822.SIZE to announce, if it lies. */
	size?: number;
};

export type ScriptedFolder = {
	/** As it stands on the wire. */
	name: string; attributes?: string; delimiter?: string; uidValidity: number; uidNext: number; messages: ScriptedMessage[]; permanentFlags?: string;
};

export type ScriptedCommand = {
	readonly tag: string;
	/** In capitals, `UID` included. */
	readonly name: string;
	/** What follows, literals as `{n}`. */
	readonly rest: string;
	readonly literals: readonly Uint8Array[];
};

export type ScriptedConnection = {
	readonly number: number;
	readonly socket: Socket;
	folder: ScriptedFolder | undefined;
	send(...lines: string[]): void;
};

export type Script = (command: ScriptedCommand, connection: ScriptedConnection) => 'default' | void | Promise<'default' | void>;

export type ScriptedOptions = {
	readonly script?: Script;
	readonly greeting?: string;
	readonly capabilities?: string;
	readonly folders?: ScriptedFolder[];
	/** Stands for the whole conversation. */
	readonly raw?: (socket: Socket, number: number) => void;
	/** What a literal is asked for with. */
	readonly continuation?: string;
	/** Called when a literal is announced, before it is asked for; false: the script has answered, and no literal comes. */
	readonly onLiteral?: (line: string, connection: ScriptedConnection) => boolean;
};

export type ScriptedImap = {
	readonly host: '127.0.0.1';
	readonly port: number;
	readonly folders: ScriptedFolder[];
	/** Every command received, as `NAME rest`. */
	readonly received: string[];
	/** Connections ever taken. */
	readonly connections: () => number;
	stop(): Promise<void>;
};

export const message = (uid: number, text: string, more: Partial<ScriptedMessage> = {}): ScriptedMessage => ({
	uid, bytes: Buffer.from(text, 'latin1'), flags: [], date: '17-Jul-2020 02:44:25 +0000', ...more,
});

export const inbox = (messages: ScriptedMessage[] = [], more: Partial<ScriptedFolder> = {}): ScriptedFolder => ({
	name: 'INBOX', uidValidity: 7, uidNext: Math.max(0, ...messages.map(({uid}) => uid)) + 1, messages, ...more,
});

const unquote = (text: string): string => text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/gv, '$1') : text;

const within = (set: string, uid: number, last: number): boolean => set.split(',').some(part => {
	const [from, to = from] = part.split(':').map(end => end === '*' ? last : Number(end));
	return uid >= Math.min(from!, to!) && uid <= Math.max(from!, to!);
});

export const startScriptedImap = async (options: ScriptedOptions = {}): Promise<ScriptedImap> => {
	const folders = options.folders ?? [inbox()];
	const received: string[] = [];
	const sockets = new Set<Socket>();
	let count = 0;

	const find = (name: string): ScriptedFolder | undefined => folders.find(folder => folder.name === name || (folder.name.toUpperCase() === 'INBOX' && name.toUpperCase() === 'INBOX'));

	const fetch = ({tag, rest}: ScriptedCommand, {folder, socket, send}: ScriptedConnection): void => {
		const [set, ...items] = rest.split(' ');
		const wanted = items.join(' ');
		const last = folder!.messages.at(-1)?.uid ?? 0;
		for (const [index, one] of folder!.messages.entries()) {
			if (!within(set!, one.uid, last)) {
				continue;
			}

			const parts = [`UID ${one.uid}`];
			if (wanted.includes('RFC822.SIZE')) {
				parts.push(`RFC822.SIZE ${one.size ?? one.bytes.length}`);
			}

			if (wanted.includes('INTERNALDATE') && one.date !== '') {
				parts.push(`INTERNALDATE "${one.date}"`);
			}

			if (wanted.includes('FLAGS')) {
				parts.push(`FLAGS (${one.flags.join(' ')})`);
			}

			if (wanted.includes('BODY.PEEK[]')) {
				const part = /BODY\.PEEK\[\]<(?<from>\d+)\.(?<count>\d+)>/v.exec(wanted);
				const from = Number(part?.groups!.from ?? 0);
				const bytes = part ? one.bytes.subarray(from, from + Number(part.groups!.count)) : one.bytes;
				socket.write(`* ${index + 1} FETCH (${parts.join(' ')} BODY[]${part ? `<${from}>` : ''} {${bytes.length}}\r\n`);
				socket.write(bytes);
				socket.write(')\r\n');
			} else {
				send(`* ${index + 1} FETCH (${parts.join(' ')})`);
			}
		}

		send(`${tag} OK FETCH completed.`);
	};

	const append = ({tag, rest, literals}: ScriptedCommand, {send}: ScriptedConnection): void => {
		const match = /^(?<name>"[^"]*"|\S+) \((?<flags>[^\)]*)\) "(?<date>[^"]*)"/v.exec(rest)!;
		const folder = find(unquote(match.groups!.name!));
		if (!folder) {
			send(`${tag} NO [TRYCREATE] no such mailbox`);
			return;
		}

		const uid = folder.uidNext++;
		folder.messages.push({
			uid, bytes: literals[0]!, flags: match.groups!.flags!.split(' ').filter(flag => flag !== ''), date: match.groups!.date!.trim(),
		});
		send(`${tag} OK [APPENDUID ${folder.uidValidity} ${uid}] APPEND completed.`);
	};

	const answer = (command: ScriptedCommand, connection: ScriptedConnection): void => {
		const {tag, name, rest} = command;
		const {send} = connection;
		switch (name) {
			case 'CAPABILITY': {
				send(`* CAPABILITY ${options.capabilities ?? 'IMAP4rev1 UIDPLUS NAMESPACE'}`, `${tag} OK CAPABILITY completed.`);
				return;
			}

			case 'NAMESPACE': {
				send('* NAMESPACE (("" "/")) NIL NIL', `${tag} OK NAMESPACE completed.`);
				return;
			}

			case 'LIST': {
				for (const folder of folders) {
					send(`* LIST (${folder.attributes ?? ''}) ${folder.delimiter ?? '"/"'} "${folder.name}"`);
				}

				send(`${tag} OK LIST completed.`);
				return;
			}

			case 'EXAMINE':
			case 'SELECT': {
				const folder = find(unquote(rest));
				connection.folder = folder;
				if (folder) {
					send(`* ${folder.messages.length} EXISTS`, '* 0 RECENT', `* OK [UIDVALIDITY ${folder.uidValidity}] ok`, `* OK [UIDNEXT ${folder.uidNext}] ok`, `* OK [PERMANENTFLAGS (${folder.permanentFlags ?? String.raw`\Seen \Answered \Flagged \Deleted \Draft \*`})] ok`, `${tag} OK [READ-WRITE] ${name} completed.`);
				} else {
					send(`${tag} NO [NONEXISTENT] no such mailbox`);
				}

				return;
			}

			case 'UID FETCH': {
				fetch(command, connection);
				return;
			}

			case 'APPEND': {
				append(command, connection);
				return;
			}

			case 'UID STORE': {
				const one = connection.folder!.messages.find(({uid}) => String(uid) === rest.split(' ')[0]);
				one?.flags.push(.../\((?<flags>[^\)]*)\)/v.exec(rest)!.groups!.flags!.split(' '));
				send(`${tag} OK STORE completed.`);
				return;
			}

			case 'CREATE': {
				if (find(unquote(rest))) {
					send(`${tag} NO Mailbox already exists.`);
				} else {
					folders.push(inbox([], {name: unquote(rest), uidValidity: 9}));
					send(`${tag} OK CREATE completed.`);
				}

				return;
			}

			case 'LOGOUT': {
				send('* BYE signing off', `${tag} OK LOGOUT completed.`);
				connection.socket.end();
				return;
			}

			default: {
				send(`${tag} OK ${name} completed.`);
			}
		}
	};

	const serve = (socket: Socket, number: number): void => {
		const connection: ScriptedConnection = {
			number, socket, folder: undefined,
			send(...lines) {
				socket.write(Buffer.from(lines.map(line => `${line}\r\n`).join(''), 'latin1'));
			},
		};
		connection.send(options.greeting ?? '* OK ready');
		let buffer = Buffer.alloc(0);
		let line = '';
		let literals: Uint8Array[] = [];
		let waiting = 0;
		const work = async (): Promise<void> => {
			for (;;) {
				if (waiting > 0) {
					if (buffer.length < waiting) {
						return;
					}

					literals.push(Buffer.from(buffer.subarray(0, waiting)));
					buffer = buffer.subarray(waiting);
					waiting = 0;
				}

				const end = buffer.indexOf('\r\n');
				if (end === -1) {
					return;
				}

				const segment = buffer.subarray(0, end).toString('latin1');
				line += segment;
				buffer = buffer.subarray(end + 2);
				const literal = /\{(?<size>\d+)(?<plus>\+?)\}$/v.exec(segment);
				if (literal) {
					if (options.onLiteral && !options.onLiteral(line, connection)) {
						line = '';
						continue;
					}

					waiting = Number(literal.groups!.size);
					if (literal.groups!.plus === '') {
						connection.send(options.continuation ?? '+ go on');
					}

					if (waiting === 0) {
						literals.push(new Uint8Array());
					}

					continue;
				}

				const [tag, first = '', second = ''] = line.split(' ');
				const name = (first.toUpperCase() === 'UID' ? `UID ${second}` : first).toUpperCase();
				const command: ScriptedCommand = {
					tag: tag!, name, rest: line.slice(tag!.length + name.length + 2), literals,
				};
				received.push(`${name} ${command.rest}`);
				line = '';
				literals = [];
				// eslint-disable-next-line no-await-in-loop -- one command after another
				if ((await options.script?.(command, connection) ?? (options.script ? undefined : 'default')) === 'default') {
					answer(command, connection);
				}
			}
		};

		let working = Promise.resolve();
		socket.on('data', chunk => {
			buffer = Buffer.concat([buffer, chunk]);
			working = working.then(work); // eslint-disable-line promise/prefer-await-to-then -- a queue
		});
	};

	const server = createServer(socket => {
		sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('error', () => undefined);
		socket.on('close', () => {
			sockets.delete(socket);
		});
		count++;
		if (options.raw) {
			options.raw(socket, count);
		} else {
			serve(socket, count);
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		host: '127.0.0.1',
		port: (server.address() as AddressInfo).port,
		folders,
		received,
		connections: () => count,
		async stop() {
			for (const socket of sockets) {
				socket.destroy();
			}

			server.close();
			await once(server, 'close');
		},
	};
};
