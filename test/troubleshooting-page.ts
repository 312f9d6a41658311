import {aadsts} from '../source/credentials/microsoft-errors.js';
import {type CheckId, checkIds} from '../source/doctor/check.js';
import {
	failures, type FailureCode, type Outcome, type Reach, type Retry,
} from '../source/mailbox/failure.js';
import {exitCodes} from '../source/output/exit-code.js';

/** Docs/troubleshooting.md, made of the table of failures and of what AADSTS numbers mean. */

type Row = {readonly reach: Reach; readonly retry: Retry; readonly outcome: Outcome; readonly exit: number; readonly sentence: string; readonly next: string};

const rows = Object.entries(failures).map(([code, row]) => ({code: code as FailureCode, ...row as Row}));

/** A command of PowerShell as it stands in a sentence: names with values, text in quotes, a pipe to Format-List. */
const value = String.raw`(?:'[^']*'|<[^>]+>|\$\w+|\([^\)]*\)\.\w+|\w+)`;
const command = new RegExp(String.raw`(?:\((?<inner>(?:Get)-[A-Z]\w+(?: -\w+)?)\)\.\w+|(?:Get|Set|New|Add|Remove|Connect)-[A-Z]\w+(?: -\w+(?: ${value})?| '[^']*'| \| Format-List \w+)*|openssl [^\)]+|timedatectl set-ntp true)`, 'gv');

/** Commands as code, placeholders as text that Markdown does not take for HTML. */
const inMarkdown = (text: string): string => {
	const codes: string[] = [];
	const keep = (code: string): string => `\u0000${codes.push(`\`${code}\``) - 1}\u0000`;
	return text
		.replaceAll(/"(?<own>aw2ms365[^"]*)"/gv, (_, own: string) => keep(own))
		.replaceAll(command, keep)
		.replaceAll(/\b(?:destination|source|options)\.[a-zA-Z]+(?:\.[a-zA-Z]+)*(?:: (?:true|imap)\b)?|--[a-z]+(?:-[a-z]+)*|\bAW2MS365_[A-Z_]+\b/gv, keep)
		.replaceAll('<', String.raw`\<`)
		.replaceAll(/\u0000(?<index>\d+)\u0000/gv, (_, index: string) => codes[Number(index)]!); // eslint-disable-line no-control-regex -- stands in no text of ours
};

/** What is certain whatever is done next. */
const safeOf = ({reach, outcome, exit}: Row): string => {
	if (reach === 'message') {
		return outcome === 'unknown' ? 'It may be at the destination; it is not sent again before it was looked for. The other messages go on.' : 'It is at the source, not at the destination, and on record. The other messages go on.';
	}

	if (reach === 'folder') {
		return 'Its messages are at the source. The other folders go on.';
	}

	if (exit === 6) {
		return 'Both mailboxes stay as they are: nothing is sent that cannot be put on record.';
	}

	return outcome === 'unknown' ? 'What was under way may have been stored: it is looked for before it is sent again. All else is on record.' : 'What was delivered is on record and stays. Nothing more was sent.';
};

/** Whether the same command may be given again as it is. */
const againOf = ({reach, outcome, retry, next}: Row): string => {
	if (reach === 'message') {
		return outcome === 'unknown' ? 'Yes, at once.' : 'Yes, but as a rule that leaves this message refused: `aw2ms365 retry` is what tries it again.';
	}

	if (retry === 'now') {
		return 'Yes, at once; a run does so by itself.';
	}

	return /same command again/iv.test(next) || retry === 'later' ? 'Yes, when that is done.' : 'Not as it is: mend it first.';
};

const entry = (row: Row & {readonly code: FailureCode}): string => [
	`### \`${row.code}\``,
	'',
	`**${inMarkdown(row.sentence)}**`,
	'',
	`- **Do:** ${inMarkdown(row.next)}`,
	`- **Safe:** ${safeOf(row)}`,
	`- **Run it again?** ${againOf(row)} Exit code ${row.exit}.`,
].join('\n');

type Group = {readonly title: string; readonly about: string; readonly holds: (row: Row) => boolean};

/** By what an administrator sees. Each row is in the first that holds it. */
const groups: readonly Group[] = [
	{
		title: 'Messages were refused', about: 'They stay at the source and on record. `aw2ms365 failures` lists them by cause with the command that tries each again.',
		holds: ({reach}) => reach === 'message',
	},
	{title: 'A folder did not go on, or the mailbox is full', about: 'The rest goes on.', holds: ({reach, exit}) => reach === 'folder' || exit === 3},
	{
		title: 'We are not let in', about: 'Sign-in, permissions, the mailbox. What a way into Microsoft 365 needs stands in [the guide](guide.md#which-way-in). A number that begins with AADSTS is [below](#aadsts-numbers).',
		holds: ({exit}) => exit === 4,
	},
	{title: 'A server is slow, away or strange', about: 'Most of this passes by itself; a run waits and goes on.', holds: ({exit}) => exit === 5},
	{title: 'The configuration or the command', about: 'Told before anything is moved.', holds: ({exit}) => exit === 2},
	{title: 'This machine', about: 'The record on disk, another run, a bug.', holds: () => true},
];

const grouped = groups.map(group => ({...group, rows: rows.filter(row => groups.find(({holds}) => holds(row)) === group)}));

const index = (): string => [
	'| you see | code | exit |',
	'| --- | --- | --- |',
	...grouped.flatMap(({title, rows: found}) => [
		`| **${title}** | | |`,
		...found.map(({code, sentence, exit}) => `| ${inMarkdown(sentence)} | [${code}](#${code}) | ${exit} |`),
	]),
].join('\n');

/** Numbers that mean the same are told once. */
const numbers = (): string => {
	const [secretId, oldSecret, goneSecret] = aadsts.wrongSecrets;
	const byMeaning = new Map<string, {readonly cause: string; readonly next: string; readonly numbers: string[]}>();
	const add = (number: string, {cause, next}: {readonly cause: string; readonly next: string}): void => {
		const key = `${cause} ${next}`;
		const known = byMeaning.get(key);
		byMeaning.set(key, {cause, next, numbers: [...known?.numbers ?? [], number]});
	};

	for (const [number, meaning] of aadsts.meanings) {
		add(number, meaning);
		if (number === '7000215') {
			for (const other of [secretId, oldSecret, goneSecret]) {
				add(number, other);
			}
		}
	}

	const known = [...byMeaning.values()].flatMap(({cause, next, numbers: found}) => [
		`- **${found.map(number => `AADSTS${number}`).join(', ')}**: ${inMarkdown(cause)}. *Do:* ${inMarkdown(next)}`,
	]);
	return [
		...known,
		`- **${[...aadsts.transient].map(number => `AADSTS${number}`).join(', ')}**: the sign-in service itself is busy. *Do:* nothing; it is tried again, and else told as [server-unavailable](#server-unavailable).`,
		`- **Any other number**: *Do:* ${inMarkdown(aadsts.unknownNumber)}`,
	].join('\n');
};

/* eslint-disable @typescript-eslint/naming-convention -- Names of checks. */
/** Where a failed check of `doctor` is explained. */
const checks: Readonly<Record<CheckId, readonly FailureCode[]>> = {
	configuration: ['settings-invalid'],
	'machine.node': [],
	'machine.clock': ['clock-wrong'],
	'machine.state-directory': ['journal-unwritable'],
	'source.reach': ['host-unreachable', 'tls-refused'],
	'source.sign-in': ['sign-in-refused', 'sign-in-refused-temporarily'],
	'source.folders': ['folder-unreadable', 'connection-lost'],
	'destination.reach': ['host-unreachable', 'tls-refused'],
	'destination.sign-in': ['sign-in-refused'],
	'destination.folders': ['folder-unreadable', 'connection-lost'],
	'login.reach': ['host-unreachable', 'tls-refused'],
	'login.exchange': ['sign-in-refused'],
	'login.graph': ['sign-in-refused'],
	'roles.exchange': [],
	'roles.graph': [],
	'road.ews': ['ews-closed', 'permission-missing', 'mailbox-not-found', 'mailbox-refused'],
	'road.imap': ['imap-sign-in-refused', 'imap-closed', 'host-unreachable'],
	'road.graph': ['permission-missing', 'mailbox-not-found', 'mailbox-refused'],
	'road.graph.probe': ['permission-missing'],
	'road.graph-json': ['permission-missing', 'mailbox-not-found', 'mailbox-refused'],
	mailbox: ['mailbox-not-found', 'mailbox-refused'],
	transport: ['no-road', 'loss-not-allowed'],
};

/** What no failure explains. */
const hints: Partial<Record<CheckId, string>> = {
	'machine.node': 'a newer Node.js: 22 or 24', 'login.exchange': 'with an [AADSTS number](#aadsts-numbers)', 'login.graph': 'with an [AADSTS number](#aadsts-numbers)',
	'roles.exchange': 'only a hint: nothing to do by itself', 'roles.graph': 'only a hint: nothing to do by itself',
};

/* eslint-enable @typescript-eslint/naming-convention */

const byCheck = (): string => [
	'| check | see |',
	'| --- | --- |',
	...checkIds.map(id => `| \`${id}\` | ${[...checks[id].map(code => `[${code}](#${code})`), hints[id] ?? ''].filter(Boolean).join(', ')} |`),
].join('\n');

const exits = (): string => ['| exit code | means |', '| --- | --- |', ...Object.entries(exitCodes).map(([code, words]) => `| ${code} | ${words} |`)].join('\n');

/** What no failure of the program tells. */
const elsewhere = `| you see | it is | do |
| --- | --- | --- |
| a new password never works | a shell replaced \`!\` or \`$\` in it | \`aws workmail reset-password … --password 'in single quotes'\` |
| "expected a value in single quotes" | YAML takes \`#\`, \`:\`, \`!\`, \`&\`, \`@\` and more for its own | write \`'in single quotes'\`, a \`'\` inside twice |
| mail shows as draft, or with the day of its upload | the earlier tool of this name stored it so; it is *already there, altered* and not carried twice | delete it in Outlook, then \`aw2ms365 retry --altered\`: it carries what is gone and leaves the rest |
| a search by recipient finds no old mail | the earlier tool's authors saw this after EWS; open messages show everything. Unexplained | wait: Exchange indexes in its own time |
| the portal shows no *Office 365 Exchange Online* | it is not under *Microsoft APIs* | API permissions → Add → *APIs my organization uses* → search for it |
| npm: E404 for a package | a line in \`.npmrc\` sends packages to another registry | take it out |
| npm: the command is not there after \`--global git+…\` | npm leaves a link to nowhere for packages that are built (npm/cli issues 4148, 6984) | install from a clone |
| npm: an old version stays | npm's cache | \`npm cache clean --force\`, install again, \`aw2ms365 --version\` |
| PowerShell: no browser window opens (macOS) | its sign-in window fails | \`Connect-ExchangeOnline -Device\` |`;

/** The whole page. */
export const troubleshootingPage = (): string => `# When something goes wrong

**First:** \`aw2ms365 doctor\` looks at everything and says what to do, with your own ids filled in. **Nothing is lost or doubled by running the same command again**, ever.

Find what you see, then its entry: what to do, what is safe, and whether to run the same command again. This page is made from the program's own table of failures
(\`npx vitest run test/troubleshooting.test.ts --update\`); a test fails when they differ.

\\<clientId>, \\<tenantId> and \\<mailbox> stand for your own; the program fills them in. Portal paths and PowerShell lines are those of
[the guide](guide.md#sources), of 2026-11-23.

## Find it

${index()}

${grouped.map(({title, about, rows: found}) => `## ${title}\n\n${about}\n\n${found.map(row => entry(row)).join('\n\n')}`).join('\n\n')}

## AADSTS numbers

Entra ID answers a sign-in with these. Nothing was moved by the run that shows one at its start; in the middle of a run what was delivered is on record and stays.
The same command may be run again when the cause is gone; exit code 4.

${numbers()}

## Checks of \`aw2ms365 doctor\`

What each looks at: [doctor.md](doctor.md). What a failed one means:

${byCheck()}

## Not from the program

${elsewhere}

## Exit codes

${exits()}
`;

/** For the tests of this page. */
export const troubleshootingRows = rows;
