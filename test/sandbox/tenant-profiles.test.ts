/* eslint-disable unicorn/no-await-expression-member -- of most answers only the status is looked at */
import {expect, describe, test} from 'vitest';
import {type Tenant} from '../../source/sandbox/microsoft/tenant.js';
import {
	serverOptionsOf, tenantProfiles, type Door, type Road, type TenantProfile,
} from '../../source/sandbox/microsoft/profiles.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	base64, graph, jsonMessage, post, user,
} from './graph-client.js';
import {
	address, app, call, certificates, createItem, getFolder, inbox, mail, message, serve, signIn, type RawAnswer,
} from './microsoft-client.js';
import {RawClient} from './raw-client.js';

const tokenFor = async (server: MicrosoftServer, resource: string): Promise<string> => signIn(server, {resource: `https://${resource}`});

const doorOf = ({status, headers, body}: RawAnswer): Door => {
	if (status < 300) {
		return 'open';
	}

	if (body.includes('segment')) {
		return 'missing';
	}

	const isUnderPrivileged = String(headers['x-ms-diagnostics']).startsWith('2000008') || body.includes('ErrorAccessDenied');
	return isUnderPrivileged ? 'no-permission' : 'closed';
};

/** Whether IMAP, with a token of the tenant, has a mailbox behind it. */
const hasImap = async (server: MicrosoftServer, token: string): Promise<boolean> => {
	const client = await RawClient.open(server.imap.port, certificates.ca);
	try {
		await client.greeting();
		const answer = await client.command(`AUTHENTICATE XOAUTH2 ${base64(`user=${address}\u0001auth=Bearer ${token}\u0001\u0001`)}`);
		expect(answer).toContain(' OK AUTHENTICATE completed.');
		const opened = await client.command('SELECT INBOX');
		expect(opened).toMatch(/ OK \[READ-WRITE\]|BAD User is authenticated but not connected/v);
		return opened.includes(' OK [READ-WRITE]');
	} finally {
		client.close();
	}
};

/** What a client meets at each door; of IMAP, its answer is the same for whatever reason it is not open. */
const doorsOf = async (server: MicrosoftServer, {hosts, doors: {imap}}: TenantProfile): Promise<Record<Road, Door>> => {
	const [ews, token] = [await tokenFor(server, hosts.exchange[0]!), await tokenFor(server, hosts.graph)];
	const asked = await call(server, getFolder(inbox), {token: ews});
	const created: Door[] = [];
	for (let index = 0; index < 5; index++) {
		created.push(doorOf(await call(server, createItem(inbox, message(mail(`m${index}`))), {token: ews}))); // eslint-disable-line no-await-in-loop -- one after the other
	}

	const shut = imap === 'open' ? 'closed' : imap;
	return {
		imap: await hasImap(server, ews) ? 'open' : shut,
		ews: doorOf(asked) === 'open' && created.at(-1) === 'closed' ? 'closes' : doorOf(asked),
		graph: doorOf(await graph(server, `${user}/mailFolders/inbox/importMime`, {
			method: 'POST', version: 'beta', text: base64(mail('x')), token,
		})),

		'graph-json': doorOf(await post(server, `${user}/mailFolders/inbox/messages`, jsonMessage('x'), {token})),
	};
};

describe('a tenant profile says what a client meets', () => {
	test.each(tenantProfiles.map(profile => [profile.name, profile] as const))('%s', async (_, profile) => {
		const server = await serve({...serverOptionsOf(profile, {app, users: [{address}]})});
		expect(await doorsOf(server, profile)).toEqual(profile.doors);
		expect(profile.doors.imap === 'open').toBe(profile.imap.connected);
	});

	test('in another cloud a token for the global hosts is refused', async () => {
		const profile = tenantProfiles.find(({name}) => name === 'GCC High')!;
		const server = await serve({...serverOptionsOf(profile, {app, users: [{address}]})});
		expect(await tokenFor(server, 'graph.microsoft.com')).toBeUndefined();
	});
});

describe('the gates of EWS', () => {
	const cases: ReadonlyArray<readonly [string, Tenant, boolean]> = [
		['nothing is said', {}, true],
		['EwsEnabled is false', {ewsEnabled: false, ewsAllowedAppIds: [app.clientId]}, false],
		['EwsEnabled is true, the app on the list, in any case', {ewsEnabled: true, ewsAllowedAppIds: ['x', app.clientId.toUpperCase()]}, true],
		['EwsEnabled is true, the app not on the list', {ewsEnabled: true, ewsAllowedAppIds: ['x']}, false],
		['nobody set EwsEnabled: the list is ignored', {ewsEnabled: 'unset', ewsAllowedAppIds: []}, true],
	];
	test.each(cases)('%s', async (_, tenant, isOpen) => {
		const server = await serve({tenant});
		const answer = await call(server, getFolder(inbox));
		expect([answer.status, answer.body === '']).toEqual(isOpen ? [200, false] : [403, true]);
	});

	test('the mailbox\'s own switch counts too, and both change while the server runs', async () => {
		const server = await serve({user: {closed: true}, tenant: {ewsEnabled: true}});
		expect((await call(server, getFolder(inbox))).status).toBe(403);
		const open = await serve();
		expect((await call(open, getFolder(inbox))).status).toBe(200);
		open.tenant.ewsEnabled = false;
		expect((await call(open, getFolder(inbox))).status).toBe(403);
	});

	test('EWS.AccessAsApp by RBAC opens it without a role in the token', async () => {
		const apps = [{...app, roles: []}];
		expect((await call(await serve({apps}), getFolder(inbox))).status).toBe(403);
		const server = await serve({apps, tenant: {rbac: [{clientId: app.clientId, role: 'full_access_as_app'}]}});
		expect((await call(server, getFolder(inbox))).status).toBe(200);
	});
});
