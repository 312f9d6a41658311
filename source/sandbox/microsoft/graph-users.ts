/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {createHash} from 'node:crypto';
import {type GraphReply} from './graph-call.js';
import {badQuery, badRequest, GraphRefused} from './graph-errors.js';
import {type Mailbox} from './mailbox.js';
import {type User} from './options.js';

export type GraphAccount = {readonly user: User; readonly mailbox: Mailbox};

/** A directory id: given, or made of the address. */
export const userId = ({id, address}: User): string => {
	const hex = createHash('md5').update(address.toLowerCase()).digest('hex');
	return id ?? `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** By id or address. @throws GraphRefused where there is none, and for /me, which an app has not */
export const accountOf = (accounts: readonly GraphAccount[], key: string | undefined): GraphAccount => {
	if (key === undefined) {
		throw badRequest('/me request is only valid with delegated authentication flow.');
	}

	const wanted = key.toLowerCase();
	const account = accounts.find(({user}) => [user.address, ...user.aliases ?? [], userId(user)].some(one => one.toLowerCase() === wanted));
	if (!account) {
		throw new GraphRefused('ErrorInvalidUser', {text: `The requested user '${key}' is invalid.`});
	}

	return account;
};

/** `GET /users/{id}`. @throws GraphRefused without User.Read.All */
export const userReply = (base: string, {user}: GraphAccount, permissions: ReadonlySet<string>, select: string | undefined): GraphReply => {
	if (!permissions.has('User.Read.All') && !permissions.has('Directory.Read.All')) {
		throw new GraphRefused('Authorization_RequestDenied');
	}

	const name = user.address.split('@', 1)[0]!;
	const all: Readonly<Record<string, unknown>> = {
		businessPhones: [], displayName: name, givenName: null, jobTitle: null, mail: user.address,
		mobilePhone: null, officeLocation: null, preferredLanguage: null, surname: null, userPrincipalName: user.address, id: userId(user),
	};
	const selectable = {
		...all, assignedLicenses: user.graph === 'no-mailbox' ? [] : [{disabledPlans: [], skuId: '6fd2c87f-b296-42f0-b197-1e91e994b900'}],
		proxyAddresses: [`SMTP:${user.address}`, ...(user.aliases ?? []).map(alias => `smtp:${alias}`)],
	};
	const names = select?.split(',').map(one => one.trim());
	const unknown = names?.find(one => !(one in selectable));
	if (unknown !== undefined) {
		throw badQuery(`Could not find a property named '${unknown}' on type 'microsoft.graph.user'.`);
	}

	const shown = names === undefined ? all : Object.fromEntries(names.map(one => [one, (selectable as Readonly<Record<string, unknown>>)[one]]));
	return {status: 200, json: {'@odata.context': `${base}/$metadata#users${names === undefined ? '' : `(${names.join(',')})`}/$entity`, ...shown}};
};
