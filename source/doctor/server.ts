import {cleanText} from '../mailbox/clean.js';
import {type Failure, nextStep} from '../mailbox/failure.js';
import {showPath} from '../mailbox/mailbox.js';
import {
	type Check, ok, skippedFor, trouble,
} from './check.js';
import {
	failureIn, type FolderCount, foundIn, type ServerFindings,
} from './findings.js';
import {reachRemedy} from './remedies.js';
import {bytesIn, countOf, listed} from './words.js';

type Side = 'source' | 'destination';

/** Where the configuration says which server it is. */
const keys: Readonly<Record<Side, string>> = {source: 'source.host (or source.region)', destination: 'destination.imap.host'};

const judgeReach = (side: Side, {place, reach}: ServerFindings): Check => {
	const failure = failureIn(reach);
	if (failure) {
		return trouble(`${side}.reach`, failure, {words: `${place} was not reached [${failure.detail ?? failure.code}].`, next: reachRemedy(failure, {place, key: `${keys[side]} and ${side === 'source' ? 'source' : 'destination.imap'}.port`})});
	}

	const {tls} = foundIn(reach)!;
	return ok(`${side}.reach`, `${place} answers${tls ? `, ${tls}` : ''}.`);
};

/** One try was made: WorkMail's "temporary" may pass. */
const temporarily = 'Sign-in was refused with a "temporary" failure. WorkMail says so for a wrong password, for one set less than a minute ago, and when too many connections are open.';

const judgeSignIn = (side: Side, failure: Failure | undefined): Check => {
	if (!failure) {
		return ok(`${side}.sign-in`, 'Signed in.');
	}

	const next = nextStep(failure, {});
	return trouble(`${side}.sign-in`, failure, {...(failure.code === 'sign-in-refused-temporarily' && {words: temporarily}), next: next.replace('source.user and source.password, or those of destination.imap', side === 'source' ? 'source.user and source.password' : 'destination.imap.user and destination.imap.password')});
};

const mostNamed = 5;

const judgeFolders = (side: Side, {folders, counted, messages, bytes, unopened}: FolderCount): Check => {
	const id = `${side}.folders` as const;
	const isWhole = counted + unopened.length >= folders;
	const figures = side === 'destination' ? `${countOf(folders, 'folder')}.` : `${countOf(folders, 'folder')}, ${isWhole ? '' : 'at least '}${countOf(messages, 'message')}, ${bytesIn(bytes)}${isWhole ? '' : ` (${counted} folders counted in the time a check has; "aw2ms365 plan" counts all)`}.`;
	if (unopened.length === 0) {
		return ok(id, figures);
	}

	const names = unopened.slice(0, mostNamed).map(({path}) => cleanText(showPath(path), 60));
	const rest = unopened.length - names.length;
	return {
		id, verdict: 'warning', words: `${figures} ${countOf(unopened.length, 'folder')} ${unopened.length === 1 ? 'does' : 'do'} not open: ${listed(rest > 0 ? [...names, `${rest} more`] : names)}.`, failure: unopened[0]!.failure,
		next: 'They may hold no mail, or the server is busy: the other folders are migrated, and the same command later tries these again. Name those that are no mail in options.skipFolders.',
	};
};

/** A server that a person signs in to with a password. */
export const judgeServer = (side: Side, findings: ServerFindings): Check[] => {
	const {reach, signIn, folders} = findings;
	const [reaching, signing, holding] = [`${side}.reach`, `${side}.sign-in`, `${side}.folders`] as const;
	const refused = failureIn(signIn);
	const unlisted = failureIn(folders);
	return [
		judgeReach(side, findings),
		signIn ? judgeSignIn(side, refused) : skippedFor(signing, reaching),
		...(folders
			? [unlisted ? trouble(holding, unlisted, {next: nextStep(unlisted, {})}) : judgeFolders(side, foundIn(folders)!)]
			: [skippedFor(holding, failureIn(reach) ? reaching : signing)]),
	];
};
