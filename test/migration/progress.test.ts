import {describe, expect, test} from 'vitest';
import {type Failure, FailureError} from '../../source/mailbox/failure.js';
import {pathKey} from '../../source/mailbox/mailbox.js';
import {type Event, type Tally, type Told} from '../../source/migration/events.js';
import {
	addTally, emptyTally, fold, paceOf, type Progress, startProgress, totalOf,
} from '../../source/migration/progress.js';
import {seededRandom} from '../../source/sandbox/random.js';

type State = 'remaining' | 'unsure' | 'delivered' | 'already-there' | 'excluded' | 'refused' | 'vanished';
type Message = {folder: string; uid: number; bytes: number; state: State; lossy: boolean};

const {failure} = new FailureError('message-refused');
const names = ['A', 'B', 'C'];

/** A mailbox that knows the state of each message, and counts anew each time: what the fold must agree with. */
class Model {
	readonly progress = startProgress();
	messages: Message[] = [];
	now = 1_700_000_000_000;
	#seq = 0;
	#uid = 0;

	tell(event: Event): void {
		const told = {
			...event, seq: this.#seq++, at: this.now, run: 'r',
		} as const;
		// As a face in another process would have it.
		fold(this.progress, structuredClone(told));
	}

	add(folder: string, bytes: number, state: State = 'remaining', lossy = false): Message {
		const message = {
			folder, uid: ++this.#uid, bytes, state, lossy,
		};
		this.messages.push(message);
		return message;
	}

	tallies(folder?: string): {messages: Tally; bytes: Tally} {
		const [messages, bytes] = [emptyTally(), emptyTally()];
		const field = {
			remaining: 'remaining', unsure: 'remaining', delivered: 'delivered', 'already-there': 'alreadyThere', excluded: 'excluded', refused: 'refused', vanished: 'vanished',
		} as const;
		for (const message of this.messages.filter(entry => folder === undefined || entry.folder === folder)) {
			for (const [tally, amount] of [[messages, 1], [bytes, message.bytes]] as const) {
				tally[field[message.state]] += amount;
				tally.unsure += message.state === 'unsure' ? amount : 0;
				tally[message.state === 'delivered' ? 'lossy' : 'altered'] += message.lossy ? amount : 0;
			}
		}

		return {messages, bytes};
	}

	survey(folder: string): void {
		this.tell({
			type: 'folder.surveyed', folder: [folder], destination: [folder], reasons: ['same'], exists: true, ...this.tallies(folder), predicted: 0,
		});
	}

	expectAgreement(): void {
		const {progress} = this;
		const whole = this.tallies();
		expect({messages: progress.messages, bytes: progress.bytes}).toEqual(whole);
		expect(totalOf(progress.messages)).toBe(this.messages.length);
		const [messages, bytes] = [emptyTally(), emptyTally()];
		for (const [key, folder] of progress.folders) {
			expect({key, messages: folder.messages, bytes: folder.bytes}).toEqual({key, ...this.tallies(folder.path[0])});
			addTally(messages, folder.messages);
			addTally(bytes, folder.bytes);
		}

		expect({messages, bytes}).toEqual(whole);
	}
}

/** One thing that the engine may tell of a message in its state. */
const step = (model: Model, random: ReturnType<typeof seededRandom>): void => {
	const message = model.messages.length > 0 ? random.pick(model.messages) : model.add('A', 1);
	const at = {folder: [message.folder], uid: message.uid, bytes: message.bytes};
	const isOpen = message.state === 'remaining' || message.state === 'unsure';
	const from = message.state as 'remaining' | 'unsure';
	model.now += random.below(3000);
	switch (random.below(8)) {
		case 0:
		case 1: {
			if (isOpen) {
				const lost = random.below(4) === 0 ? ['keyword:$Label1'] : undefined;
				model.tell({
					type: 'message.delivered', ...at, from, ...(lost && {lost}),
				});
				Object.assign(message, {state: 'delivered', lossy: lost !== undefined});
			}

			break;
		}

		case 2: {
			// Found at the destination; or moved at the source, and then its earlier place counts no longer.
			const earlier = model.messages.find(entry => entry !== message && entry.bytes === message.bytes && (entry.state === 'delivered' || entry.state === 'already-there'));
			if (isOpen) {
				const superseded = random.below(2) === 0 ? earlier : undefined;
				const altered = random.below(4) === 0 ? ['received'] : undefined;
				model.tell({
					type: 'message.already-there', ...at, from, ...(altered && {altered}),
					...(superseded && {
						supersedes: {
							folder: [superseded.folder], uid: superseded.uid, state: superseded.state as 'delivered' | 'already-there', lossy: superseded.lossy,
						},
					}),
				});
				Object.assign(message, {state: 'already-there', lossy: altered !== undefined});
				model.messages = model.messages.filter(entry => entry !== superseded);
			}

			break;
		}

		case 3: {
			if (isOpen) {
				model.tell({
					type: 'message.refused', ...at, from, failure, attempts: 1,
				});
				message.state = 'refused';
			}

			break;
		}

		case 4: {
			if (isOpen || message.state === 'refused') {
				model.tell({type: 'message.vanished', ...at, from: message.state as 'refused'});
				message.state = 'vanished';
			}

			break;
		}

		case 5: {
			if (message.state === 'remaining') {
				model.tell({type: 'message.unsure', ...at, failure});
				message.state = 'unsure';
			} else if (message.state === 'unsure') {
				model.tell({type: 'message.not-stored', ...at});
				message.state = 'remaining';
			}

			break;
		}

		case 6: {
			if (message.state === 'refused' || message.state === 'excluded' || message.state === 'vanished') {
				model.tell({type: 'message.reopened', ...at, from: message.state});
				message.state = 'remaining';
			}

			break;
		}

		default: {
			// The folder is listed anew: new mail came, and the record is counted again.
			model.add(message.folder, random.below(5), random.pick(['remaining', 'excluded']));
			model.survey(message.folder);
			model.tell(random.pick([{type: 'warning', words: 'w'}, {type: 'folder.completed', folder: [message.folder]}, {
				type: 'message.retrying', ...at, failure, attempt: 1,
			}] as const));
		}
	}
};

test.each(Array.from({length: 20}, (_, seed) => seed))('whatever happens, the total is the sum of six fates and the folders make the whole (seed %d)', seed => {
	const random = seededRandom(seed);
	const model = new Model();
	for (const name of names) {
		for (let index = random.below(30); index >= 0; index--) {
			const state = random.pick(['remaining', 'remaining', 'delivered', 'unsure', 'refused', 'excluded', 'vanished', 'already-there'] as const);
			model.add(name, random.below(5), state, (state === 'delivered' || state === 'already-there') && random.below(3) === 0);
		}

		model.survey(name);
	}

	model.expectAgreement();
	for (let index = 0; index < 300; index++) {
		step(model, random);
		model.expectAgreement();
	}
});

test('a line of a folder that was never listed changes no sum', () => {
	const model = new Model();
	model.add('A', 7);
	model.survey('A');
	const at = {folder: ['Nowhere'], uid: 1, bytes: 5};
	model.tell({
		type: 'message.delivered', ...at, from: 'remaining', lost: ['keyword:x'],
	});
	model.tell({
		type: 'message.already-there', ...at, from: 'remaining', altered: ['draft'],
	});
	model.tell({
		type: 'message.refused', ...at, from: 'remaining', failure, attempts: 1,
	});
	model.expectAgreement();
});

test('a line that this version does not know changes nothing but the time', () => {
	const model = new Model();
	const before = structuredClone(model.progress);
	model.tell({type: 'news.of.tomorrow', messages: 7} as unknown as Event);
	expect(model.progress).toEqual({...before, at: model.now});
});

test('a folder that is listed again under a plan and a run is known once', () => {
	const model = new Model();
	for (let index = 0; index < 2; index++) {
		model.tell({type: 'folder.ignored', folder: ['Calendar'], kind: 'not-mail'});
		model.survey('A');
	}

	expect(model.progress.ignored).toEqual([{path: ['Calendar'], kind: 'not-mail'}]);
	expect(model.progress.folders.size).toBe(1);
});

describe('a folder', () => {
	const stateOf = ({folders}: Progress) => folders.get(pathKey(['A']))?.state;

	test('waits, runs with its first fate, and is done', () => {
		const model = new Model();
		const {uid} = model.add('A', 1);
		model.survey('A');
		expect(stateOf(model.progress)).toBe('waiting');
		model.tell({
			type: 'message.delivered', folder: ['A'], uid, bytes: 1, from: 'remaining',
		});
		expect(stateOf(model.progress)).toBe('running');
		model.tell({type: 'folder.completed', folder: ['A']});
		expect(stateOf(model.progress)).toBe('done');
	});

	test('of which nothing remains is done from the start; one that failed says why', () => {
		const model = new Model();
		model.survey('A');
		expect(stateOf(model.progress)).toBe('done');
		model.tell({type: 'folder.failed', folder: ['A'], failure});
		expect(model.progress.folders.get(pathKey(['A']))).toMatchObject({state: 'failed', failure});
	});

	test('that is paused is paused alone', () => {
		const model = new Model();
		model.add('A', 1);
		model.survey('A');
		model.tell({type: 'paused', folder: ['A']});
		expect([stateOf(model.progress), model.progress.paused]).toEqual(['paused', false]);
		model.tell({type: 'resumed', folder: ['A']});
		expect(stateOf(model.progress)).toBe('waiting');
	});
});

describe('rate and time left', () => {
	const running = (messages: number, more: {bytes?: number; surveyed?: boolean} = {}): Model => {
		const model = new Model();
		for (let index = 0; index < messages; index++) {
			model.add('A', more.bytes ?? 100);
		}

		model.survey('A');
		if (more.surveyed ?? true) {
			model.tell({type: 'survey.completed', earlier: 0});
		}

		return model;
	};

	/** Delivers so many messages, one each so many milliseconds. */
	const deliver = (model: Model, times: number, apart: number): void => {
		const waiting = model.messages.filter(message => message.state === 'remaining').slice(0, times);
		expect(waiting).toHaveLength(times);
		for (const message of waiting) {
			model.now += apart;
			model.tell({
				type: 'message.delivered', folder: [message.folder], uid: message.uid, bytes: message.bytes, from: 'remaining',
			});
			message.state = 'delivered';
		}
	};

	const pace = (model: Model) => paceOf(model.progress, model.now);

	test('are those of the last minute', () => {
		const model = running(2000);
		deliver(model, 500, 10);
		model.now += 60_000;
		deliver(model, 600, 100);
		expect(pace(model).messages).toBeCloseTo(10, 0);
		expect(pace(model).bytes).toBeCloseTo(1000, -2);
		expect(pace(model).secondsLeft).toBeGreaterThanOrEqual(85);
		expect(pace(model).secondsLeft).toBeLessThanOrEqual(95);
	});

	test('of a run that has just begun count from its first delivery', () => {
		const model = running(1000);
		deliver(model, 100, 100);
		expect(pace(model).messages).toBeGreaterThan(8);
		expect(pace(model).messages).toBeLessThan(12);
	});

	test('are none after a minute without a delivery', () => {
		const model = running(100);
		deliver(model, 50, 500);
		model.now += 61_000;
		expect(pace(model)).toEqual({messages: 0, bytes: 0});
	});

	test('the slower of messages and bytes holds', () => {
		const model = running(100, {bytes: 100});
		for (let index = 0; index < 10; index++) {
			model.add('B', 1_000_000);
		}

		model.survey('B');
		deliver(model, 60, 100);
		// 40 small ones by count would be seconds; ten large ones at 1 KB a second are hours.
		expect(pace(model).secondsLeft).toBeGreaterThan(3600);
	});

	test('nothing left is no time left', () => {
		const model = running(50);
		deliver(model, 50, 200);
		expect(pace(model).secondsLeft).toBe(0);
	});

	test.each([
		['while folders are still being listed', () => running(100, {surveyed: false}), () => undefined],
		['before five seconds', () => running(100), undefined],
		['while paused', () => running(100), (model: Model) => {
			model.tell({type: 'paused'});
		}],
		['while stopping', () => running(100), (model: Model) => {
			model.tell({type: 'stopping', underWay: 2});
		}],
		['while the destination makes us wait', () => running(100), (model: Model) => {
			model.tell({
				type: 'pace', lanes: 1, reason: 'throttled', until: model.now + 1,
			});
		}],
	])('no time left is told %s', (_, make, then) => {
		const model = make();
		deliver(model, 50, then ? 200 : 50);
		then?.(model);
		expect(pace(model)).toEqual({messages: expect.any(Number) as number, bytes: expect.any(Number) as number});
		expect(pace(model).messages).toBeGreaterThan(0);
	});

	test('nor from fewer than twenty messages', () => {
		const model = running(100);
		deliver(model, 19, 1000);
		expect(pace(model).secondsLeft).toBeUndefined();
		deliver(model, 1, 1000);
		expect(pace(model).secondsLeft).toBeGreaterThan(0);
	});

	test('keep no more than a minute in memory, and survive a clock that is set back', () => {
		const model = running(3000);
		deliver(model, 1000, 1000);
		expect(model.progress.recent.length).toBeLessThanOrEqual(62);
		model.now -= 3_600_000;
		deliver(model, 1000, 10);
		const {messages, bytes} = pace(model);
		expect([messages, bytes].every(number => Number.isFinite(number) && number >= 0)).toBe(true);
	});
});
