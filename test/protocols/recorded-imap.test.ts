import {Buffer} from 'node:buffer';
import {
	afterEach, describe, expect, test,
} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {envelopeOf} from '../../source/mailbox/envelope.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {failureOfTrouble} from '../../source/protocols/imap-trouble.js';
import {defaultWireTiming, Wire, type WireOptions} from '../../source/protocols/imap-wire.js';
import {imapSource} from '../../source/sources/imap.js';
import {deliver, delivery} from '../destinations/deliveries.js';
import {
	answering, bytesOf, linesOf, playing, recordings, recordingsAvailable, said,
} from './recorded-imap.js';
import {
	inbox, message, startScriptedImap, type ScriptedImap, type ScriptedOptions,
} from './scripted-imap.js';
import {
	failureFrom, gather, never, surroundings,
} from './surroundings.js';

const closers: Array<() => Promise<void>> = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await close();
	}
});

const serve = async (options: ScriptedOptions): Promise<ScriptedImap> => {
	const server = await startScriptedImap(options);
	closers.push(async () => server.stop());
	return server;
};

const password = {password: 'p'};
const accessToken = {accessToken: 't'};

const token = {credential: async () => ({accessToken: 'token'})};

/** A destination before such a server. */
const destinationOf = async (options: ScriptedOptions, more = {}, timing = {}) => {
	const server = await serve(options);
	const {options: common, clock, notices} = surroundings(server, timing);
	const destination = imapDestination({...common, ...more});
	closers.push(async () => destination.close());
	return {
		server, destination, clock, notices,
	};
};

const sourceOf = async (options: ScriptedOptions, more = {}, timing = {}) => {
	const server = await serve(options);
	const {options: common, clock, notices} = surroundings(server, timing);
	const source = imapSource({...common, ...more});
	closers.push(async () => source.close());
	return {
		server, source, clock, notices,
	};
};

/** What opening comes to: what failed, after how many connections and which waits, and which commands were sent to sign in. */
const openingFails = async (options: ScriptedOptions, more = {}) => {
	const {server, destination, clock} = await destinationOf(options, more);
	const {code, detail, outcome} = await failureFrom(destination.open(never));
	return {
		code, ...(detail !== undefined && {detail}), outcome, connections: server.connections(), waited: clock.waits.reduce((sum, wait) => sum + wait, 0),
		tried: server.received.map(line => line.split(' ')).filter(([name]) => name === 'LOGIN' || name === 'AUTHENTICATE').map(([name, how]) => name === 'LOGIN' ? name : `${name!} ${how!}`),
	};
};

/** What one delivery comes to. */
const delivering = async (options: ScriptedOptions, text = 'Subject: x\r\n\r\nx') => {
	const {destination} = await destinationOf(options);
	await destination.open(never);
	const folder = await destination.prepare(['INBOX'], never);
	const [result] = await deliver(destination, folder, [delivery(text)]);
	return result;
};

const wireTo = async (options: ScriptedOptions, credential?: WireOptions['credential']): Promise<Wire> => {
	const server = await serve(options);
	const wire = new Wire({
		host: server.host, port: server.port, tls: false, user: 'a@example.org', credential: credential ?? password, timing: defaultWireTiming,
	});
	closers.push(async () => {
		wire.close();
	});
	await wire.connect();
	return wire;
};

/** What a command that only this recording holds comes to. */
const running = async (options: ScriptedOptions, phase: Parameters<typeof failureOfTrouble>[1], command: string) => {
	const wire = await wireTo(options);
	try {
		return await wire.run(command);
	} catch (error) {
		const {failure: {code, outcome}} = failureOfTrouble(error, phase) as {failure: {code: string; outcome: string}};
		return {code, outcome, closed: wire.closed};
	}
};

const foldersOf = async (destination: MailDestination): Promise<string[]> => {
	const folders = await destination.folders(never);
	return folders.map(({path, role, kind}) => `${path.join(' > ')}: ${role ?? kind}`).toSorted();
};

/** Reads message 1 of INBOX. */
const reading = async (options: ScriptedOptions) => {
	const {source, clock, notices} = await sourceOf({folders: [inbox([message(1, 'one')])], ...options});
	await source.open(never);
	const {generation} = await source.list(['INBOX'], never);
	const [result] = await gather(source.read(['INBOX'], generation, [{uid: 1, size: 3}], never));
	return {
		...('bytes' in result! ? {bytes: Buffer.from(result.bytes).toString('latin1')} : {}), ...('failure' in result! ? {code: result.failure.code, outcome: result.failure.outcome} : {}),
		waits: clock.waits.filter(wait => wait > 60_000), notices: notices.map(({type}) => type).filter(type => type !== 'connected'),
	};
};

/** How the credential fares that we would use with these capabilities. */
const signingIn = async (capabilities: string, credential: WireOptions['credential']): Promise<string> => {
	const {server, destination} = await destinationOf({capabilities}, {credential: async () => credential});
	try {
		await destination.open(never);
	} catch (error) {
		return `${(error as {failure: {code: string}}).failure.code}${server.received.some(line => /^(?:LOGIN|AUTHENTICATE)/v.test(line)) ? '' : ', nothing sent'}`;
	}

	return server.received.map(line => /^(?:LOGIN|AUTHENTICATE \S+)/v.exec(line)?.[0]).find(Boolean)!;
};

type Row = {
	/** What of it is asked of us. */
	readonly promise: string;
	readonly come: (file: string) => Promise<unknown>;
	readonly wanted: unknown;
};

const standardFlags = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Draft`, '$MDNSent'];

/** The recording, begun with the greeting where it begins later. */
const whole = (file: string): ScriptedOptions => ({greeting: linesOf('onprem-greetings.txt')[0]!, ...playing(file)});

/** A folder opened for writing. */
const preparing = async (file: string) => {
	const {destination, server} = await destinationOf(whole(file));
	const {names} = await destination.open(never);
	const {generation, watermark, created} = await destination.prepare(['INBOX'], never);
	return {
		generation, watermark, created, exchange: names.ignoresCase, tried: server.received.find(line => /^(?:LOGIN|AUTHENTICATE)/v.test(line))!.split(' ')[0],
	};
};

/** A delivery with all its flags, and a keyword. */
const flagging = async (file: string) => {
	const {destination, server} = await destinationOf(whole(file));
	await destination.open(never);
	const folder = await destination.prepare(['INBOX'], never);
	const [result] = await deliver(destination, folder, [delivery('x', {flags: [...standardFlags, 'Keyword']})]);
	return {result, stored: server.received.filter(line => line.startsWith('UID STORE'))};
};

const notConnected = 'User is authenticated but not connected: the sign-in is good, but this account may not open this mailbox over IMAP';
const noWay = 'the server offers no way to sign in that this program can use';

/** By hand: what every recorded exchange must come to. */
const table: Readonly<Record<string, readonly Row[]>> = {
	'ex-append-appenduid-2012.txt': [{
		promise: 'a delivery into the open folder, announced before it is confirmed, is told with its id',
		come: async file => delivering({script: answering('APPEND', said(file).filter(line => !line.startsWith('+'))), continuation: said(file)[0]!}),
		wanted: {stored: true, id: '424:9'},
	}],
	'ex-move-copyuid.txt': [{
		promise: 'an answer whose first line bears an alien tag is nonsense: what was asked may have happened',
		come: async file => running({script: answering('UID MOVE', linesOf(file))}, 'store', 'UID MOVE'),
		wanted: {code: 'server-nonsense', outcome: 'unknown', closed: true},
	}],
	'ex2010-select-store-2022.txt': [{
		promise: 'a folder is opened with its UIDVALIDITY and UIDNEXT',
		come: preparing,
		wanted: {
			generation: '7937', watermark: '67167', created: false, exchange: true, tried: 'LOGIN',
		},
	}, {
		promise: 'flags that it keeps arrive, one of them by a silent STORE; a keyword it does not keep is told as lost',
		come: flagging,
		wanted: {result: {stored: true, id: '7:1', lost: ['keyword:Keyword']}, stored: [String.raw`UID STORE 1 +FLAGS.SILENT (\Flagged)`]},
	}],
	'exo-append-errors.txt': [{
		promise: 'a refused literal was not stored',
		come: async file => delivering({script: answering('APPEND', [said(file)[0]!])}),
		wanted: {
			stored: false, failure: {
				code: 'message-refused', reach: 'message', retry: 'later', outcome: 'not stored', detail: 'BAD Command Argument Error. 11',
			},
		},
	}, {
		promise: 'a word of the message as tag leaves the outcome unknown, and a long line is named',
		come: async file => delivering({script: answering('APPEND', [said(file)[1]!], {alien: true})}, `Subject: x\r\n\r\n${'x'.repeat(12_000)}`),
		wanted: {stored: false, failure: expect.objectContaining({code: 'message-line-too-long', reach: 'message', outcome: 'unknown'}) as unknown},
	}, {
		promise: 'without a long line it is the server that talks nonsense',
		come: async file => delivering({script: answering('APPEND', [said(file)[1]!], {alien: true})}),
		wanted: {stored: false, failure: expect.objectContaining({code: 'server-nonsense', outcome: 'unknown'}) as unknown},
	}],
	'exo-auth-failures.txt': [{
		promise: 'a wrong password is refused once, and nothing else is tried',
		come: async file => openingFails(playing(file)),
		wanted: {
			code: 'sign-in-refused', outcome: 'not stored', connections: 1, waited: 0, tried: ['AUTHENTICATE PLAIN'],
		},
	}],
	'exo-authenticated-not-connected-2022.txt': [{
		promise: 'a good token without access to the mailbox is a refusal that says so',
		come: async file => openingFails(playing(file), token),
		wanted: {
			code: 'imap-closed', detail: 'User is authenticated but not connected', outcome: 'not stored', connections: 1, waited: 0, tried: ['AUTHENTICATE XOAUTH2'],
		},
	}],
	'exo-bye-before-tagged-bad.txt': [{
		promise: 'the same to an application, with the farewell before the answer and while it signs in',
		come: async file => openingFails({...whole(file), capabilities: linesOf('exo-capability-history.txt').at(-1)!.slice(13), script: answering('NAMESPACE', said(file))}, token),
		wanted: {
			code: 'imap-closed', detail: 'User is authenticated but not connected', outcome: 'not stored', connections: 1, waited: 0, tried: ['AUTHENTICATE XOAUTH2'],
		},
	}, {
		promise: 'the same with the farewell before the answer',
		async come(file) {
			const {destination, server} = await destinationOf(playing(file));
			await destination.open(never);
			const {code, detail, outcome} = await failureFrom(destination.prepare(['INBOX'], never));
			return {
				code, detail, outcome, connections: server.connections(),
			};
		},
		wanted: {
			code: 'sign-in-refused', detail: notConnected, outcome: 'not stored', connections: 1,
		},
	}],
	'exo-capability-history.txt': [{
		promise: 'each form lets the credential in that it can let in, by the way it offers, and sends nothing otherwise',
		async come(file) {
			const ways: string[][] = [];
			for (const line of linesOf(file)) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				ways.push([await signingIn(line.slice(13), password), await signingIn(line.slice(13), accessToken)]);
			}

			return ways;
		},
		wanted: [
			['AUTHENTICATE PLAIN', 'AUTHENTICATE XOAUTH2'],
			['AUTHENTICATE PLAIN', 'AUTHENTICATE XOAUTH2'],
			['AUTHENTICATE PLAIN', 'AUTHENTICATE XOAUTH2'],
			['AUTHENTICATE PLAIN', 'AUTHENTICATE XOAUTH2'],
			['sign-in-refused, nothing sent', 'sign-in-refused, nothing sent'],
			['sign-in-refused, nothing sent', 'AUTHENTICATE XOAUTH2'],
		],
	}, {
		promise: 'what can be done is known by name',
		async come(file) {
			const wires = await Promise.all(linesOf(file).filter(line => line.includes('XOAUTH2')).map(async line => wireTo({capabilities: line.slice(13)}, accessToken)));
			return wires.map(({capabilities}) => ['UIDPLUS', 'MOVE', 'LITERAL+', 'IDLE', 'CONDSTORE', 'SPECIAL-USE', 'LOGINDISABLED'].filter(name => capabilities.has(name)).join(' '));
		},
		wanted: ['UIDPLUS MOVE LITERAL+ IDLE', 'UIDPLUS MOVE IDLE', 'UIDPLUS LITERAL+ IDLE', 'UIDPLUS MOVE LITERAL+ IDLE', 'UIDPLUS LITERAL+ IDLE LOGINDISABLED'],
	}],
	'exo-command-errors.txt': [{
		promise: 'a FETCH refused for its arguments costs that message',
		come: async file => reading({script: answering('UID FETCH', [said(file)[0]!], {when: ({rest}) => rest.includes('BODY')})}),
		wanted: {
			code: 'message-unreadable', outcome: 'not stored', waits: [], notices: [],
		},
	}, {
		promise: 'a FETCH refused for its length costs that message',
		come: async file => Promise.all(said(file).slice(1, 3).map(async line => reading({script: answering('UID FETCH', [line], {when: ({rest}) => rest.includes('BODY')})}))),
		wanted: Array.from({length: 2}, () => ({
			code: 'message-unreadable', outcome: 'not stored', waits: [], notices: [],
		})),
	}, {
		promise: 'a sign-in before TLS is refused',
		come: async file => openingFails({script: answering('LOGIN', [said(file)[3]!])}),
		wanted: {
			code: 'sign-in-refused', outcome: 'not stored', connections: 1, waited: 0, tried: ['LOGIN'],
		},
	}, {
		promise: 'a store that is away is waited for',
		async come(file) {
			let refusals = 3;
			const away = answering('SELECT', [said(file)[4]!], {when: () => refusals-- > 0});
			const {destination, clock, notices} = await destinationOf({script: away});
			await destination.open(never);
			const {generation} = await destination.prepare(['INBOX'], never);
			return {generation, waits: clock.waits.length, notices: notices.flatMap(({type, code}) => type === 'reconnecting' ? [code] : [])};
		},
		wanted: {generation: '7', waits: 3, notices: Array.from({length: 3}, () => 'server-unavailable')},
	}, {
		promise: 'a refused EXPUNGE has changed nothing',
		come: async file => running({script: answering('EXPUNGE', [said(file)[5]!])}, 'store', 'EXPUNGE'),
		wanted: {code: 'message-refused', outcome: 'not stored', closed: false},
	}],
	'exo-create-exists.txt': [{
		promise: 'a folder that exists is as good as created',
		async come(file) {
			const folders = [inbox()];
			const {destination} = await destinationOf({
				folders,
				async script(command, connection) {
					if (command.name !== 'CREATE') {
						return 'default';
					}

					// Someone else was faster.
					folders.push(inbox([], {name: 'New', uidValidity: 9}));
					return playing(file).script!(command, connection);
				},
			});
			await destination.open(never);
			return destination.prepare(['New'], never);
		},
		wanted: {
			path: ['New'], generation: '9', watermark: '1', created: false,
		},
	}],
	'exo-greetings.txt': [{
		promise: 'each is Exchange, and the name of its front end is no response code',
		come: async file => Promise.all(linesOf(file).map(async greeting => {
			const {destination} = await destinationOf({greeting});
			const {keepsBytes, names} = await destination.open(never);
			return [keepsBytes, names.ignoresCase];
		})),
		wanted: Array.from({length: 5}, () => [false, true]),
	}],
	'exo-select-store-logout-2015.txt': [{
		promise: 'sign-in and a folder opened with its UIDVALIDITY and UIDNEXT',
		come: preparing,
		wanted: {
			generation: '14', watermark: '4491', created: false, exchange: true, tried: 'AUTHENTICATE',
		},
	}, {
		promise: 'flags that it keeps arrive, one of them by a silent STORE; a keyword it does not keep is told as lost',
		come: flagging,
		wanted: {result: {stored: true, id: '7:1', lost: ['keyword:Keyword']}, stored: [String.raw`UID STORE 1 +FLAGS.SILENT (\Flagged)`]},
	}, {
		promise: 'the farewell is one',
		async come(file) {
			const {destination, server, notices} = await destinationOf(playing(file));
			await destination.open(never);
			await destination.close();
			return {last: server.received.at(-1)!.trim(), notices: notices.map(({type}) => type)};
		},
		wanted: {last: 'LOGOUT', notices: ['connected']},
	}],
	'exo-session-list-2021.txt': [{
		promise: 'folders with their roles; what holds no mail is told apart',
		async come(file) {
			const {destination} = await destinationOf(playing(file));
			const {names, tellsId} = await destination.open(never);
			return {delimiter: names.delimiter, tellsId, folders: await foldersOf(destination)};
		},
		wanted: {
			delimiter: '/', tellsId: true, folders: ['Archive: archive', 'Deleted: trash', 'Drafts: drafts', 'INBOX: inbox', 'Junk: junk', 'Notes: not-mail', 'Outbox: mail', 'app: mail'],
		},
	}],
	'exo-throttled.txt': [{
		promise: 'on a delivery: not stored, with the wait in milliseconds, as NO and as BAD before a farewell',
		come: async file => Promise.all([[said(file)[0]!], [said(file)[1]!], said(file).slice(3)].map(async lines => delivering({script: answering('APPEND', lines)}))),
		wanted: [299_609, 299_187, 89_117].map(wait => ({
			stored: false, failure: {
				code: 'throttled', reach: 'mailbox', retry: 'now', outcome: 'not stored', wait, detail: `Request is throttled. Suggested Backoff Time: ${wait} milliseconds`,
			},
		})),
	}, {
		promise: 'on reading: everyone waits as long as was said, once, and it goes on',
		async come(file) {
			let throttles = 1;
			return reading({script: answering('UID FETCH', [said(file)[2]!], {when: ({rest}) => rest.includes('BODY') && throttles-- > 0})});
		},
		wanted: {bytes: 'one', waits: [299_910], notices: ['throttled']},
	}],
	'exo-xoauth2-fails-then-plain-2017.txt': [{
		promise: 'a refused token is refused at once',
		come: async file => openingFails(playing(file), token),
		wanted: {
			code: 'imap-sign-in-refused', outcome: 'not stored', connections: 1, waited: 0, tried: ['AUTHENTICATE XOAUTH2'],
		},
	}, {
		promise: 'and a password let in, with what can be done then',
		async come(file) {
			const wire = await wireTo(playing(file), password);
			return ['MOVE', 'UIDPLUS', 'BACKENDAUTHENTICATE'].map(name => wire.capabilities.has(name));
		},
		wanted: [true, true, true],
	}],
	'exo-xoauth2-login-2024.txt': [{
		promise: 'a token lets in, on one connection and without a wait',
		async come(file) {
			const {destination, server, clock} = await destinationOf(playing(file), token);
			const {keepsBytes} = await destination.open(never);
			return {keepsBytes, connections: server.connections(), waits: clock.waits};
		},
		wanted: {keepsBytes: false, connections: 1, waits: []},
	}],
	'onprem-greetings.txt': [{
		promise: 'older ones are Exchange too',
		come: async file => Promise.all(linesOf(file).map(async greeting => {
			const {destination} = await destinationOf({greeting});
			const {keepsBytes} = await destination.open(never);
			return keepsBytes;
		})),
		wanted: [false, false, false],
	}],
	'onprem-list-odd-names-2019.txt': [{
		promise: 'no folder is lost, whatever its name holds, and each can be opened by its name on the wire',
		async come(file) {
			const {source, server} = await sourceOf(playing(file));
			await source.open(never);
			const folders = await source.folders(never);
			for (const {path} of folders) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				await source.list(path, never).catch(() => undefined); // eslint-disable-line promise/prefer-await-to-then -- what it comes to is of no matter here
			}

			return {paths: folders.map(({path}) => path.join(' > ')).toSorted(), opened: [...new Set(server.received.filter(line => line.startsWith('EXAMINE')))].map(line => line.slice(8)).toSorted()};
		},
		wanted: {
			paths: ['Attività', 'INBOX', 'INBOX > CREDEM', 'INBOX > Da\tOggetto\tRicevuto\tDimensione\tCategorie\t', 'INBOX > Newsletters (QuickFile)', 'Junk', 'Note', 'Posta in uscita'],
			opened: ['"Attivit&AOA-"', '"INBOX"', '"INBOX/CREDEM"', '"INBOX/Da\tOggetto\tRicevuto\tDimensione\tCategorie\t"', '"INBOX/Newsletters (QuickFile)"', '"Junk"', '"Note"', '"Posta in uscita"'],
		},
	}],
	'onprem-unretrievable-message.txt': [{
		promise: 'the substitute for a message that Exchange cannot rebuild comes as it is',
		async come(file) {
			const bytes = Buffer.from(bytesOf(file));
			const {bytes: read} = await reading({folders: [inbox([message(1, bytes.toString('latin1'))])]});
			return {same: read === bytes.toString('latin1'), envelope: envelopeOf(bytes)};
		},
		wanted: {same: true, envelope: {messageId: '', subject: 'RetrievalusingtheIMAP4protocolfailedforthefollowingmessage:81'}},
	}],
	'workmail-login-unavailable-2026.txt': [{
		promise: 'WorkMail\'s "temporary" is tried three times within two minutes, then named a refusal of both kinds',
		come: async file => openingFails({script: answering('LOGIN', said(file))}),
		wanted: {
			code: 'sign-in-refused-temporarily', detail: 'code UNAVAILABLE', outcome: 'not stored', connections: 3, waited: 80_000, tried: ['LOGIN', 'LOGIN', 'LOGIN'],
		},
	}, {
		promise: 'for an account that signed in before it passes',
		async come(file) {
			let refusals = 5;
			const {source, server} = await sourceOf({script: answering('LOGIN', said(file), {when: () => refusals-- > 0})}, {hasSignedInBefore: true});
			await source.open(never);
			return server.connections();
		},
		wanted: 6,
	}],
};

describe.skipIf(!recordingsAvailable)('recorded IMAP', () => {
	test('every file has a row, and every row its file', () => {
		expect(Object.keys(table).toSorted()).toEqual(recordings());
	});

	for (const [file, rows] of Object.entries(table)) {
		test.each(rows)(`${file}: $promise`, async ({come, wanted}) => {
			expect(await come(file)).toEqual(wanted);
		});
	}
});
