import {nextStep} from '../mailbox/failure.js';
import {
	type Check, ok, skipped, skippedFor, trouble,
} from './check.js';
import {
	failureIn, foundIn, type Resource, type Subject, type TenantFindings,
} from './findings.js';
import {reachRemedy} from './remedies.js';
import {listed} from './words.js';

const names = {exchange: 'Exchange Online', graph: 'Microsoft Graph'} as const;

/** What the roads of each service take, as a token calls it, and what for. */
const useful: Readonly<Record<Resource, ReadonlyMap<string, string>>> = {
	exchange: new Map([['full_access_as_app', 'EWS'], ['IMAP.AccessAsApp', 'IMAP']]),
	graph: new Map([['Mail.ReadWrite', 'folders, Graph (JSON)'], ['Mail-Advanced.ReadWrite.All', 'Graph (importMime)']]),
};

const judgeSignIn = (resource: Resource, {reach, signIns}: TenantFindings, subject: Subject, isNeeded: boolean): Check => {
	const id = `login.${resource}` as const;
	const signIn = signIns[resource];
	if (!signIn) {
		return failureIn(reach) ? skippedFor(id, 'login.reach') : skipped(id, resource === 'graph' && !subject.hasGraph ? 'Not looked at: destination.cloud names no host for Graph.' : `Not looked at: destination.transport is ${subject.transport}.`);
	}

	const failure = failureIn(signIn);
	const other = failureIn(signIns.exchange);
	if (failure && other && resource === 'graph' && failure.code === other.code && failure.detail === other.detail) {
		return trouble(id, failure, {words: 'Refused for the same reason as login.exchange.', isNeeded});
	}

	return failure ? trouble(id, failure, {next: nextStep(failure, subject), isNeeded}) : ok(id, `A token for ${names[resource]} was given.`);
};

/** A hint, no proof (microsoft-365.md 6.2). */
const hidden = 'A role that Exchange granted (RBAC for Applications) does not show here.';

const judgeRoles = (resource: Resource, {signIns}: TenantFindings): Check => {
	const id = `roles.${resource}` as const;
	const found = foundIn(signIns[resource]);
	if (!found) {
		return skippedFor(id, `login.${resource}`);
	}

	if (!found.roles) {
		return {id, verdict: 'unknown', words: `The token cannot be read. ${hidden}`};
	}

	const wanted = [...useful[resource]];
	const named = wanted.filter(([role]) => found.roles!.includes(role)).map(([role]) => role);
	const missing = wanted.filter(([role]) => !found.roles!.includes(role)).map(([role, road]) => `${role} (${road})`);
	const words = named.length > 0 ? [`The token names ${listed(named)}`, ...(missing.length > 0 ? [`not ${listed(missing)}`] : [])].join(', ') : `The token does not name ${listed(missing)}`;
	return {id, verdict: named.length > 0 ? 'ok' : 'unknown', words: missing.length > 0 ? `${words}. ${hidden}` : `${words}.`};
};

/** Signing in to the tenant. @param isOpen a road into the mailbox is open, so that nothing here keeps a migration from being done */
export const judgeLogin = (findings: TenantFindings, subject: Subject, isOpen: boolean): Check[] => {
	const {login} = subject.places;
	const away = failureIn(findings.reach);
	return [
		away
			? trouble('login.reach', away, {words: `${login}, the sign-in service, was not reached [${away.detail ?? away.code}].`, next: reachRemedy(away, {place: `${login}${/:\d+$/v.test(login) ? '' : ':443'}`, key: 'destination.cloud'})})
			: ok('login.reach', `${login} answers.`),
		judgeSignIn('exchange', findings, subject, !isOpen),
		judgeSignIn('graph', findings, subject, !isOpen),
		judgeRoles('exchange', findings),
		judgeRoles('graph', findings),
	];
};
