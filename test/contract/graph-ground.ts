import {tokensFor} from '../../source/credentials/microsoft.js';
import {graphDestination} from '../../source/destinations/graph.js';
import {graphJsonDestination} from '../../source/destinations/graph-json.js';
import {realClock} from '../../source/mailbox/clock.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type FolderPath} from '../../source/mailbox/mailbox.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {parseMime} from '../../source/sandbox/microsoft/mime-in.js';
import {type GraphManner} from '../../source/sandbox/microsoft/graph-options.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {PatientClock} from '../protocols/surroundings.js';
import {type Ground, type Manner, type Trouble} from './ground.js';

const tls = makeCertificates();
const address = 'a@example.org';
const app = {
	tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'app-secret', roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'],
};

/** The stand-in's name for a path of the port. */
const own = (path: FolderPath): FolderPath => path[0] === 'INBOX' ? ['Inbox', ...path.slice(1)] : path;
/** The stand-in's id for one of Graph's. */
const storeId = (id: string): string => id.replaceAll('-', '/').replaceAll('_', '+');

/** One of the ways that Graph has into a mailbox. */
type Road = {
	/** The request that stores a message. */
	readonly step: 'importMime' | 'createMessage';
	readonly destination: (options: Parameters<typeof graphDestination>[0]) => MailDestination;
};

const byImport: Road = {step: 'importMime', destination: graphDestination};
const byJson: Road = {step: 'createMessage', destination: options => graphJsonDestination({...options, allowLoss: true})};

const troubleOf = (server: MicrosoftServer, on: Road['step'], told: () => Promise<Record<string, unknown>>): Trouble => ({
	throttleAfter(after, milliseconds) {
		server.setFaults({rules: [{on, nth: after + 1, do: {type: 'busy', milliseconds}}]});
	},
	loseAnswer() {
		server.setFaults({rules: [{on, nth: 1, do: {type: 'commit-then-drop'}}]});
	},
	spoil(_path, id) {
		server.mailbox().item(storeId(id))!.unreadable = true;
	},
	end() {
		server.setFaults({rules: []});
	},
	async fill(path, count) {
		const folder = server.mailbox().ensureFolder(path, 'IPF.Note');
		const content = await parseMime(new TextEncoder().encode('Subject: small\r\nMessage-ID: <small@example.org>\r\n\r\nsmall\r\n'));
		for (let index = 0; index < count; index++) {
			server.mailbox().create(folder, {content, flags: 0, receivedAt: Date.UTC(2019, 0, 1) + (index * 60_000)});
		}
	},
	async large(path, count, bytes) {
		const folder = server.mailbox().ensureFolder(path, 'IPF.Note');
		const lines = `${'0123456789'.repeat(7)}\r\n`.repeat(Math.ceil(bytes / 72 / 1.3));
		const header = 'Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b';
		const attached = 'Content-Type: application/octet-stream; name=large\r\nContent-Disposition: attachment; filename=large';
		const received = new TextEncoder().encode(`${header}\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n${attached}\r\n\r\n${lines}\r\n--b--\r\n`);
		const content = await parseMime(received);
		for (let index = 0; index < count; index++) {
			server.mailbox().create(folder, {content, received, flags: 0});
		}
	},
	told,
});

/** The stand-in for Microsoft 365 with short pages, that takes large messages: what the engine does not offer is not asked for here. */
const start = async ({step, destination}: Road, manner: GraphManner, options: Partial<MicrosoftServerOptions>): Promise<Ground> => {
	const requestBytes = 16 * 1024 * 1024;
	const server = await MicrosoftServer.start({
		clock: realClock(), users: [{address}], apps: [app], tls, ...options, graph: {
			patchesDates: true, requestBytes, budget: {requests: 1_000_000, bytes: 10_000_000_000}, ...manner, importMime: {requestBytes, ...manner.importMime},
		},
		refusals: [{header: {name: 'Subject', holds: 'refuse me'}, code: 'ErrorItemSave'}],
	});
	const token = tokensFor('graph.microsoft.com', {
		tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock: realClock(),
	});
	return {
		port: server.port,
		destination: ({port = server.port, clock = new PatientClock()} = {}) => destination({
			host: `127.0.0.1:${port}`, mailbox: address, token, ca: tls.ca, clock, random: () => 0.5, notice: () => undefined, patience: 5000,
		}),
		async createFolder(path) {
			server.mailbox().ensureFolder(own(path), 'IPF.Note');
		},
		async deleteFolder(path) {
			server.mailbox().deleteFolder(server.mailbox().folder(own(path)));
		},
		async deleteMessages(_path, ids) {
			for (const id of ids) {
				server.mailbox().delete(server.mailbox().item(storeId(id))!);
			}
		},
		trouble: troubleOf(server, step, async () => {
			// Pages as long as Microsoft's.
			server.limits.shortPages = 0;
			return {
				kind: 'graph', host: server.host, mailbox: address, ca: tls.ca, token: await token(),
			};
		}),
		async stop() {
			await server.close();
			if (server.errors.length > 0) {
				throw new AggregateError(server.errors, 'the stand-in failed');
			}
		},
	};
};

// What importMime makes is no draft.
const states = new Set([String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`]);

export const graphManner = (name: string, manner: GraphManner, options: Partial<MicrosoftServerOptions> = {}, isMeasured = false): Manner => ({
	name, available: true, isOurs: true, looksExactly: true, keepsBytes: false, keepsStamps: true, takesAnyName: true, newGenerations: true, tellsTime: true, isMeasured,
	kept: flags => flags.filter(flag => states.has(flag)),
	start: async () => start(byImport, manner, options),
});

/** By JSON drafts stay drafts. */
export const graphJsonManner = (name: string, manner: GraphManner, options: Partial<MicrosoftServerOptions> = {}): Manner => ({
	...graphManner(name, manner, options), loses: ['mime'],
	kept: flags => flags.filter(flag => states.has(flag) || flag === String.raw`\Draft`),
	start: async () => start(byJson, manner, options),
});
