import {
	beforeAll, describe, expect, test,
} from 'vitest';
import {problemsOfSummary} from '../checker/checker.js';
import {jsonSchema, lineSchema, lineTypes} from './line-schema.js';
import {type FacedRun, variedRuns} from './varied-run.js';

test('the published schema is what the schemas say (else: npx vitest run test/output/line-schema.test.ts --update)', async () => {
	await expect(`${JSON.stringify(jsonSchema(), undefined, '\t')}\n`).toMatchFileSnapshot('../../docs/events.schema.json');
});

describe('every line', () => {
	let runs: FacedRun[] = [];
	beforeAll(async () => {
		runs = await variedRuns();
	});

	const parsed = () => runs.map(({lines}) => lines.map(line => JSON.parse(line) as Record<string, unknown>));

	test('is one that the contract describes, with no field that it does not', () => {
		for (const line of parsed().flat()) {
			const {success, data, error} = lineSchema.safeParse(line);
			expect({line, error: success ? undefined : error.issues}).toEqual({line, error: undefined});
			// Fields that the schema does not know are not in what it gives back.
			expect(data).toEqual(line);
		}
	});

	test('that is described is written by one run or another', () => {
		expect(new Set(parsed().flat().map(({type}) => type))).toEqual(new Set(lineTypes.map(({type}) => type)));
	});

	test('comes in order: run.started, facts numbered without gaps, the summary', () => {
		for (const lines of parsed()) {
			const facts = lines.filter(({type}) => type !== 'progress');
			expect(facts[0]).toMatchObject({type: 'run.started', seq: 0});
			expect(facts.map(({seq}) => seq)).toEqual(facts.map((_, index) => index));
			expect(lines.at(-1)).toMatchObject({type: 'summary'});
			expect(new Set(lines.map(({run}) => run)).size).toBe(1);
		}
	});

	test('is whole Unicode without a line end inside', () => {
		for (const line of runs.flatMap(({lines}) => lines)) {
			expect(line).not.toMatch(/[\r\n]/v);
			expect(line.isWellFormed()).toBe(true);
		}
	});

	test('of the summaries adds up, the folders included', () => {
		expect(runs.flatMap(({lines}) => problemsOfSummary(lines.at(-1)!))).toEqual([]);
	});

	test('together gives the summary again: a script that counts the lines counts what we count', () => {
		for (const lines of parsed()) {
			expect(countLines(lines)).toEqual(lines.at(-1)!.messages);
		}
	});
});

/** As a script would do it from docs/headless.md: what was surveyed, and one step for each message line. */
const countLines = (lines: ReadonlyArray<Record<string, unknown>>): Record<string, number> => {
	const surveyed = new Map<string, Record<string, number>>();
	const fields: Record<string, string> = {
		unsure: 'remaining', 'already-there': 'alreadyThere', 'not-stored': 'remaining', reopened: 'remaining',
	};
	const fieldOf = (state: string): string => fields[state] ?? state;
	for (const {type, folder, messages, from, lost, altered, supersedes} of lines as Array<{type: string; folder: string[]; messages: Record<string, number>; from?: string; lost?: string[]; altered?: string[]; supersedes?: {folder: string[]; state: string; lossy: boolean}}>) {
		const [kind, fate] = type.split('.');
		const tally = surveyed.get(JSON.stringify(folder));
		if (type === 'folder.surveyed') {
			surveyed.set(JSON.stringify(folder), {...messages});
		} else if (kind === 'message' && fate !== 'retrying' && fate !== 'predicted' && tally) {
			const left = from ?? 'remaining';
			tally[fieldOf(left)]!--;
			tally[fieldOf(fate!)]!++;
			tally.lossy! += lost ? 1 : 0;
			tally.altered! += altered ? 1 : 0;
			tally.unsure! += Number(fate === 'unsure') - Number(left === 'unsure' || fate === 'not-stored');
		}

		const earlier = supersedes && surveyed.get(JSON.stringify(supersedes.folder));
		if (earlier) {
			earlier[fieldOf(supersedes.state)]!--;
			earlier[supersedes.state === 'delivered' ? 'lossy' : 'altered']! -= Number(supersedes.lossy);
		}
	}

	const sums: Record<string, number> = {
		total: 0, delivered: 0, alreadyThere: 0, excluded: 0, refused: 0, vanished: 0, remaining: 0, lossy: 0, altered: 0, unsure: 0,
	};
	for (const [field, number] of [...surveyed.values()].flatMap(tally => Object.entries(tally))) {
		sums[field]! += number;
		sums.total! += field === 'lossy' || field === 'altered' || field === 'unsure' ? 0 : number;
	}

	return sums;
};

describe('the schema', () => {
	const envelope = {
		v: 1, seq: 0, at: '2026-11-23T14:15:33.566Z', run: 'r',
	};
	const line = {
		...envelope, type: 'message.vanished', folder: ['A'], uid: 1, bytes: 2, from: 'refused',
	};

	test('allows fields that may be added', () => {
		expect(lineSchema.safeParse({...line, tomorrow: 1}).success).toBe(true);
		expect(JSON.stringify(jsonSchema())).not.toContain('additionalProperties');
	});

	test.each([
		['no version', {v: undefined}],
		['another version', {v: 2}],
		['a number for a time', {at: 1}],
		['a time with an offset', {at: '2026-11-23T14:15:33+01:00'}],
		['a joined path', {folder: 'A/B'}],
		['UID 0', {uid: 0}],
		['a UID beyond 32 bits', {uid: 2 ** 32}],
		['a negative size', {bytes: -1}],
		['half a byte', {bytes: 0.5}],
		['a state that it cannot leave', {from: 'delivered'}],
		['a type that there is not', {type: 'message.eaten'}],
		['an empty run', {run: ''}],
	])('refuses %s', (_, wrong) => {
		expect(lineSchema.safeParse(line).success).toBe(true);
		expect(lineSchema.safeParse({...line, ...wrong}).success).toBe(false);
	});
});
