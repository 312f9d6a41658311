import {realClock} from '../../source/mailbox/clock.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {dovecotAvailable, startDovecot, type DovecotOptions} from '../dovecot/dovecot.js';
import {startScriptedImap} from '../protocols/scripted-imap.js';

/** A server with one empty mailbox, for adapters to be held to their contract. */
export type Mailbox = {
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	/** Where it runs in this process, and can be made to misbehave. */
	readonly server?: ImapServer;
	stop(): Promise<void>;
};

export type Fixture = {
	readonly name: string;
	/** False where this machine lacks it: its tests are shown as skipped. */
	readonly available: boolean;
	/** Gives back the bytes it was given. */
	readonly keepsBytes: boolean;
	readonly keepsKeywords: boolean;
	readonly ignoresCase: boolean;
	/** Refuses wrong passwords. */
	readonly checksPasswords: boolean;
	/** As {@link Mailbox.server}. */
	readonly isOurs: boolean;
	/** A folder that is made anew has another UIDVALIDITY. */
	readonly newGenerations: boolean;
	/** Whether the adapters' memory is measured over it. */
	readonly isMeasured?: boolean;
	start(): Promise<Mailbox>;
};

const sandbox = (name: string, options: Partial<ImapServerOptions>, more: Partial<Fixture> = {}): Fixture => ({
	name, available: true, keepsBytes: true, keepsKeywords: true, ignoresCase: false, checksPasswords: true, isOurs: true, newGenerations: true, ...more,
	async start() {
		const server = await ImapServer.start({
			clock: realClock(), users: [{name: 'a@example.org', password: 'right'}], refusals: [{header: {name: 'Subject', holds: 'refuse me'}, text: 'Message refused.'}], ...options,
		});
		return {
			server,
			host: server.host,
			port: server.port,
			user: 'a@example.org',
			password: 'right',
			async stop() {
				await server.close();
				if (server.errors.length > 0) {
					throw new AggregateError(server.errors, 'the sandbox failed');
				}
			},
		};
	},
});

const dovecot = (name: string, options: DovecotOptions): Fixture => ({
	name, available: dovecotAvailable, keepsBytes: true, keepsKeywords: true, ignoresCase: false, checksPasswords: true, isOurs: false, newGenerations: true,
	start: async () => startDovecot(options),
});

export const fixtures: readonly Fixture[] = [
	{
		name: 'a scripted server', available: true, keepsBytes: true, keepsKeywords: true, ignoresCase: false, checksPasswords: false, isOurs: false, newGenerations: false,
		async start() {
			const server = await startScriptedImap();
			return {
				host: server.host, port: server.port, user: 'a', password: 'b', stop: async () => server.stop(),
			};
		},
	},
	sandbox('the sandbox as WorkMail', {flavour: 'workmail', numbering: {uidValidity: 'constant', uids: 'mailbox'}, wrongPassword: 'temporary'}, {newGenerations: false, isMeasured: true}),
	sandbox('the sandbox as Exchange', {flavour: 'exchange'}, {keepsBytes: false, keepsKeywords: false, ignoresCase: true}),
	sandbox('the sandbox without UIDPLUS and special uses', {capabilities: {hide: ['UIDPLUS', 'SPECIAL-USE', 'LITERAL+']}, delimiter: '.'}),
	dovecot('Dovecot with Maildir', {}),
	dovecot('Dovecot with sdbox, another separator and German folders', {storage: 'sdbox', separator: '|', specialFolders: 'german'}),
];
