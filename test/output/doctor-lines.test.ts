import {describe, expect, test} from 'vitest';
import {type Event} from '../../source/migration/events.js';
import {doctorLines, doctorSummary} from '../../source/output/doctor-lines.js';
import {type Summary} from '../../source/output/summary.js';
import {wrapLine} from '../../source/output/terminal.js';

const check = (more: Partial<Extract<Event, {readonly type: 'doctor.check'}>> = {}): Event => ({
	type: 'doctor.check', id: 'source.sign-in', verdict: 'failed', words: 'Refused.', ...more,
});

const command = 'Set-OrganizationConfig -EwsAllowedAppIDs \'<the ids shown>,6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390\'';

describe('a check on a terminal', () => {
	test('stands on one line where it fits, and says its verdict in a word', () => {
		expect(doctorLines(check(), 80)).toEqual(['FAILED   source.sign-in           Refused.']);
	});

	test.each([60, 80, 120])('keeps within %d columns, but for commands, which stay whole to be copied', columns => {
		const words = 'word '.repeat(60).trim();
		const lines = doctorLines(check({words, next: `${words}\n${command}`}), columns).flatMap(line => wrapLine(line, columns).split('\n'));
		expect(lines.at(-1)!.trim()).toBe(command);
		expect(lines.slice(0, -1).filter(line => line.length > columns)).toEqual([]);
	});

	test('shows nothing that would move the cursor', () => {
		expect(doctorLines(check({words: 'a\u001B[2Jb\u202E', next: 'c\u0007'}), 80).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/v);
	});
});

test('what a way loses, and what only a test message tells, is told apart', () => {
	const lines = doctorLines({
		type: 'doctor.transport', transport: 'graph', why: '', loses: ['keywords'], mayLose: ['received-date'], estimate: {
			messages: 1, bytes: 1, hours: 30.5, documented: true, words: 'because',
		},
	}, 100);
	expect(lines[0]).toMatch(/^loses +keywords/v);
	expect(lines.find(line => line.startsWith('may lose'))).toContain('received date');
	expect(lines.at(-1)).toBe('takes    about 1 d 6 h; because');
});

test('the end says whether a migration can begin', () => {
	const summary = (doctor: Partial<NonNullable<Summary['doctor']>>) => doctorSummary({
		outcome: 'complete', doctor: {
			ok: 5, warning: 0, failed: 0, skipped: 0, unknown: 0, ...doctor,
		},
	} as Summary).join('\n');
	expect(summary({})).toMatch(/^\nReady\./v);
	expect(summary({warning: 1, unknown: 2})).toContain('Ready (1 warning, 2 unknown).');
	expect(summary({failed: 1})).toContain('Not ready: 1 check failed.');
	expect(summary({failed: 1})).not.toContain('aw2ms365 plan');
});
