import {
	describe, expect, onTestFinished, test,
} from 'vitest';
import {accessTo, type AccessToken} from '../../source/credentials/microsoft.js';
import {ewsDestination} from '../../source/destinations/ews.js';
import {graphDestination} from '../../source/destinations/graph.js';
import {graphJsonDestination} from '../../source/destinations/graph-json.js';
import {imapDestination} from '../../source/destinations/imap.js';
import {type Clock, realClock} from '../../source/mailbox/clock.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {type Ran, runEngine} from '../migration/run-engine.js';
import {hashesOf, hashOf, madeSource} from './made-messages.js';
import {app, mailbox, tls} from './microsoft-ends.js';

/** One clock for program and stand-ins: each message that is delivered takes so long of its time, whatever the machine needs. */
class BusyClock implements Clock {
	#passed = 0;
	readonly #clock: Clock;

	/** @param speed how many times as fast as the wall it runs beside that */
	constructor(speed: number) {
		this.#clock = realClock(speed);
	}

	now(): number {
		return this.#clock.now() + this.#passed;
	}

	async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return this.#clock.sleep(milliseconds, signal);
	}

	pass(milliseconds: number): void {
		this.#passed += milliseconds;
	}
}

type Access = (fresh?: boolean, signal?: AbortSignal) => Promise<AccessToken>;

type World = {
	readonly clock: BusyClock;
	/** The sign-in service, EWS and Graph. */
	readonly server: MicrosoftServer;
	readonly imap: ImapServer;
	readonly access: (host: string) => Access;
	readonly log: Array<Record<string, unknown>>;
};

const startWorld = async (tokenLifetime: number, speed: number): Promise<World> => {
	const clock = new BusyClock(speed);
	const server = await MicrosoftServer.start({
		clock, users: [{address: mailbox}], apps: [{
			...app, roles: ['full_access_as_app', 'IMAP.AccessAsApp', 'Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'],
		}], tls, tokenLifetime, graph: {patchesDates: true},
	});
	const imap = await ImapServer.start({clock, flavour: 'exchange', users: [{name: mailbox, accepts: token => server.login.check(token).ok}]});
	onTestFinished(async () => {
		await Promise.all([server.close(), imap.close()]);
		expect([...server.errors, ...imap.errors]).toEqual([]);
	});
	return {
		clock, server, imap, log: [], access: host => accessTo(host, {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock,
		}),
	};
};

const textOf = (access: Access) => async (fresh?: boolean, signal?: AbortSignal): Promise<string> => {
	const {accessToken} = await access(fresh, signal);
	return accessToken;
};

const commonOf = ({clock, log}: World) => ({
	clock, random: () => 0.5, notice: () => undefined, log(line: Record<string, unknown>) {
		log.push(line);
	},
});

type Transport = {
	readonly destination: (world: World) => MailDestination;
	/** Hashes of what arrived; of what is made anew, subjects. */
	readonly arrived: (world: World) => string[];
	/** A request is refused where a connection would be: nothing is in doubt then. */
	readonly isCertain: boolean;
};

const overHttp = ({server}: World): string[] => server.mailbox().items.map(({received}) => hashOf(received!));

const transports: Readonly<Record<string, Transport>> = {
	ews: {
		destination: world => ewsDestination({
			...commonOf(world), host: world.server.host, mailbox, ca: tls.ca, token: textOf(world.access(world.server.host)),
		}), arrived: overHttp, isCertain: true,
	},
	imap: {
		destination: world => imapDestination({
			...commonOf(world), host: '127.0.0.1', port: world.imap.port, tls: false, user: mailbox, credential: world.access('outlook.office365.com'),
			// A batch of eight is begun with a token that outlasts it: by this clock, with two lanes at work, it takes 24 s.
			lanes: {start: 2, max: 2},
		}), arrived: ({imap}) => imap.mailbox().snapshot().flatMap(({messages}) => messages.map(({sha256}) => sha256)), isCertain: false,
	},
	graph: {
		destination: world => graphDestination({
			...commonOf(world), host: world.server.host, mailbox, ca: tls.ca, token: textOf(world.access('graph.microsoft.com')),
		}), arrived: overHttp, isCertain: true,
	},
	'graph-json': {
		destination: world => graphJsonDestination({
			...commonOf(world), host: world.server.host, mailbox, ca: tls.ca, allowLoss: true, token: textOf(world.access('graph.microsoft.com')),
		}), arrived: ({server}) => server.mailbox().items.map(({subject}) => subject), isCertain: true,
	},
};

const made = {count: 900, size: 2000};
const perMessage = 1500;

const migrate = async (world: World, {destination}: Transport, onDelivered: (count: number) => void = () => undefined): Promise<Ran> => {
	const to = destination(world);
	let count = 0;
	try {
		return await runEngine({
			source: madeSource(made, 'INBOX'), destination: to, files: new ForgetfulFiles(), directory: '/state', clock: world.clock,
			consent: async () => true, choices: {memory: 64 * 1024 * 1024}, onEvent(event) {
				if (event.type === 'message.delivered') {
					world.clock.pass(perMessage);
					onDelivered(++count);
				}
			},
		});
	} finally {
		await to.close();
	}
};

const expectAll = (world: World, {arrived}: Transport, {outcome, progress, events}: Ran): void => {
	expect([outcome, progress.messages.delivered, progress.messages.unsure]).toEqual(['complete', made.count, 0]);
	expect(events.filter(({type}) => type === 'message.refused' || type === 'folder.failed')).toEqual([]);
	const found = arrived(world).sort();
	expect(found).toEqual(found[0]?.startsWith('number ') ? Array.from({length: made.count}, (_, at) => `number ${at + 1}`).sort() : hashesOf(made));
};

describe.each(Object.entries(transports))('%s', (_, transport) => {
	test('tokens of five minutes run out again and again, and nobody notices', async () => {
		const life = 300_000;
		const world = await startWorld(life / 1000, 1);
		const since = world.clock.now();
		const ran = await migrate(world, transport);
		expectAll(world, transport, ran);
		expect(ran.events.filter(({type}) => type === 'message.unsure')).toEqual([]);
		expect(world.server.login.given).toBeGreaterThanOrEqual(made.count * perMessage / life);
		// Not before half of their life is over.
		expect(world.server.login.given).toBeLessThanOrEqual(1 + Math.ceil((world.clock.now() - since) / (life / 2)));
	});

	test('a token that is refused before its time is renewed once, and nobody notices but the log', async () => {
		const world = await startWorld(86_400, 100);
		const revoked = [200, 600];
		const ran = await migrate(world, transport, count => {
			if (revoked.includes(count)) {
				world.server.login.expireAll();
			}
		});
		expectAll(world, transport, ran);
		expect(ran.events.filter(({type}) => type === 'message.unsure').length).toBeLessThanOrEqual(transport.isCertain ? 0 : 12);
		expect(world.server.login.given).toBeGreaterThanOrEqual(3);
		expect(world.server.login.given).toBeLessThanOrEqual(1 + revoked.length);
		expect(world.log.filter(line => /token|sign-in-refused/v.exec(JSON.stringify(line))).length).toBeGreaterThanOrEqual(2);
	});
});
