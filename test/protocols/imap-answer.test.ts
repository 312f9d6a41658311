import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {failureOfRefusal, throttleWait, type Phase} from '../../source/protocols/imap-answer.js';
import {signInTrouble} from '../../source/protocols/imap-sign-in.js';

const recorded = fileURLToPath(new URL('../../../shared/recorded/imap/', import.meta.url));
const available = existsSync(recorded);

type Verdict = {phase: Phase; code: string; wait?: number};

/** What each refusal in the recorded answers must be taken for, by hand, by file and line. `sign-in` lines are those before the mailbox is open. */
const table: Record<string, Record<string, Verdict | {signIn: string}>> = {
	'exo-append-errors.txt': {
		'520 BAD Command Argument Error. 11': {phase: 'append', code: 'message-refused'},
		'<body BAD Command Error. 10': {phase: 'append', code: 'message-refused'},
	},
	'exo-auth-failures.txt': {
		'E00000001 NO AUTHENTICATE failed.': {signIn: 'refused'},
		'E00000002 NO LOGIN failed.': {signIn: 'refused'},
	},
	'exo-authenticated-not-connected-2022.txt': {
		'A3 BAD User is authenticated but not connected.': {phase: 'list', code: 'sign-in-refused'},
		'A4 BAD User is authenticated but not connected.': {phase: 'open', code: 'sign-in-refused'},
	},
	'exo-bye-before-tagged-bad.txt': {
		'3 BAD User is authenticated but not connected.': {phase: 'open', code: 'sign-in-refused'},
	},
	'exo-command-errors.txt': {
		'A00000007 BAD Command Argument Error. 11': {phase: 'fetch', code: 'message-unreadable'},
		'A00000012 BAD Command Error. 10': {phase: 'fetch', code: 'message-unreadable'},
		'A00000021 BAD command line limit exceeded': {phase: 'fetch', code: 'message-unreadable'},
		'1 BAD Command received in Invalid state.': {signIn: 'refused'},
		'A5 NO Server Unavailable. 15': {phase: 'open', code: 'server-unavailable'},
		'A00000014 NO EXPUNGE failed': {phase: 'store', code: 'message-refused'},
	},
	'exo-create-exists.txt': {
		'12 NO Mailbox already exists.': {phase: 'create', code: 'folder-not-creatable'},
	},
	'exo-throttled.txt': {
		'1069 NO Request is throttled. Suggested Backoff Time: 299609 milliseconds': {phase: 'append', code: 'throttled', wait: 299_609},
		'1070 NO Request is throttled. Suggested Backoff Time: 299187 milliseconds': {phase: 'append', code: 'throttled', wait: 299_187},
		'A12 NO Request is throttled. Suggested Backoff Time: 299910 milliseconds': {phase: 'fetch', code: 'throttled', wait: 299_910},
		'A7 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds': {phase: 'append', code: 'throttled', wait: 89_117},
	},
	'exo-xoauth2-fails-then-plain-2017.txt': {
		'A00000001 NO AUTHENTICATE failed.': {signIn: 'refused'},
	},
	'workmail-login-unavailable-2026.txt': {
		'A1 NO [UNAVAILABLE] Temporary authentication failure. [2026-08-03 06:00:06]': {signIn: 'busy'},
	},
};

const parse = (line: string) => {
	const {status, code, text} = /^\S+ (?<status>NO|BAD) (?:\[(?<code>[A-Z]+)[^\]]*\] )?(?<text>.*)$/v.exec(line)!.groups!;
	return {status: status as 'NO' | 'BAD', code, text: text!};
};

test.skipIf(!available)('every recorded refusal is taken for what it is', () => {
	const seen: Record<string, string[]> = {};
	for (const file of readdirSync(recorded).filter(name => name.endsWith('.txt'))) {
		const lines = readFileSync(new URL(file, `file://${recorded}`), 'latin1').split(/\r?\n/v);
		const refusals = lines.filter(line => /^S: (?!\*|\+)\S+ (?:NO|BAD) /v.test(line)).map(line => line.slice(3));
		if (refusals.length > 0) {
			seen[file] = refusals;
		}
	}

	expect(Object.fromEntries(Object.entries(table).map(([file, rows]) => [file, Object.keys(rows)]))).toEqual(seen);
	for (const rows of Object.values(table)) {
		for (const [line, verdict] of Object.entries(rows)) {
			const {status, code, text} = parse(line);
			if ('signIn' in verdict) {
				const trouble = signInTrouble({authenticationFailed: true, serverResponseCode: code, response: text});
				expect(trouble.kind, line).toBe(verdict.signIn);
				// Nothing said while signing in is passed on.
				expect(JSON.stringify(trouble.failure.failure) + trouble.failure.message).not.toContain(text.slice(0, 18));
			} else {
				const {failure} = failureOfRefusal({
					phase: verdict.phase, status, code, text,
				});
				expect(failure.code, line).toBe(verdict.code);
				expect(failure.outcome).toBe('not stored');
				expect(failure.wait).toBe(verdict.wait);
			}
		}
	}
});

const cases: Array<[Phase, 'NO' | 'BAD', string | undefined, string, string]> = [
	['append', 'NO', 'OVERQUOTA', 'Quota exceeded (mailbox for user is full)', 'destination-full'],
	['append', 'NO', undefined, 'Mailbox is full', 'destination-full'],
	['append', 'NO', undefined, 'the user is over quota', 'destination-full'],
	['create', 'NO', 'OVERQUOTA', 'Too many mailboxes', 'destination-full'],
	['append', 'NO', undefined, 'A message about quotation marks was refused', 'message-refused'],
	['append', 'NO', undefined, 'Maximum size of appendable message has been exceeded.', 'message-too-large'],
	['append', 'NO', 'TOOBIG', 'no', 'message-too-large'],
	['append', 'NO', 'LIMIT', 'no', 'message-too-large'],
	['append', 'NO', 'APPENDLIMIT', 'no', 'message-too-large'],
	['append', 'NO', undefined, 'Message too large', 'message-too-large'],
	['append', 'NO', 'TRYCREATE', 'Mailbox doesn\'t exist', 'folder-not-creatable'],
	['append', 'NO', 'UNAVAILABLE', 'backend', 'server-unavailable'],
	['append', 'NO', 'INUSE', 'locked', 'server-unavailable'],
	['append', 'NO', 'SERVERBUG', 'oops', 'server-unavailable'],
	['append', 'NO', 'CONTACTADMIN', 'oops', 'server-unavailable'],
	['append', 'NO', undefined, 'Server Unavailable. 15', 'server-unavailable'],
	['append', 'NO', undefined, 'I do not like it', 'message-refused'],
	['open', 'NO', 'NONEXISTENT', 'gone', 'folder-unreadable'],
	['fetch', 'NO', undefined, 'no', 'message-unreadable'],
];

test.each(cases)('%s refused with %s [%s] %s is %s', (phase, status, code, text, expected) => {
	expect(failureOfRefusal({
		phase, status, code, text,
	}).failure.code).toBe(expected);
});

test('a folder that is gone may be made again at once', () => {
	expect(failureOfRefusal({
		phase: 'append', status: 'NO', code: 'TRYCREATE', text: '',
	}).failure).toMatchObject({retry: 'now', outcome: 'not stored'});
});

test('a throttle without a time is a throttle, and other words are none', () => {
	expect(throttleWait('Request is throttled.')).toBe(0);
	expect(throttleWait('Request is throttled. Suggested Backoff Time: 0 milliseconds')).toBe(0);
	expect(throttleWait('Message refused')).toBeUndefined();
});

test('words of a server are cleaned and shortened before anyone sees them', () => {
	const {detail} = failureOfRefusal({
		phase: 'append', status: 'NO', text: `evil \u001B[31m\u202Etxt.exe\r\nfake ${'long '.repeat(1000)}`,
	}).failure;
	expect(detail!.length).toBeLessThanOrEqual(300);
	expect(detail).not.toMatch(/[\p{Cc}\p{Cf}]/v);
	expect(detail).toContain('evil');
});
