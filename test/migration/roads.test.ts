import {describe, expect, test} from 'vitest';
import {type Traits, type Transport} from '../../source/mailbox/destination.js';
import {FailureError, type FailureCode} from '../../source/mailbox/failure.js';
import {type Road} from '../../source/mailbox/road.js';
import {type Told} from '../../source/migration/events.js';
import {
	fakeDestination, type FakeDestination, fakeSource, type Fault, folderIn, newStore, put, rebuilding, type Store,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

type FakeRoad = {
	readonly transport: Transport;
	/** Why it does not open. */
	readonly shut?: FailureCode;
	readonly faults?: (nth: number, text: string) => Fault;
	readonly traits?: Partial<Traits>;
};

/** Roads into one store that rebuilds MIME: what one stores, another lists, and only the first two know a stamp. */
const scene = (count = 12) => {
	const [source, store] = [newStore(), newStore()];
	for (let index = 0; index < count; index++) {
		put(source, ['INBOX'], `Message-ID: <${index}@old.example>\r\nDate: Thu, 2 Jan 2020 00:00:${String(index % 60).padStart(2, '0')} +0000\r\nSubject: message ${index}\r\n\r\n${'x'.repeat(index * 10)}`);
	}

	const [clock, files] = [fastClock(), new ForgetfulFiles()];
	const made = new Map<Transport, FakeDestination>();
	const closed: Transport[] = [];
	const roadsOf = (fakes: readonly FakeRoad[]): Road[] => fakes.map(({transport, shut, faults = () => 'ok', traits = {}}) => ({
		transport,
		destination() {
			const destination = fakeDestination(store, clock, (nth, {bytes}) => faults(nth, new TextDecoder().decode(bytes)), {...rebuilding, transport, ...traits});
			made.set(transport, destination);
			return {
				...destination,
				async open(signal) {
					if (shut) {
						throw new FailureError(shut);
					}

					return destination.open(signal);
				},
				async close() {
					closed.push(transport);
				},
			};
		},
	}));
	const run = async (fakes: readonly FakeRoad[], more: Partial<Parameters<typeof runEngine>[0]> = {}) => runEngine({
		source: fakeSource(source), roads: roadsOf(fakes), files, directory: '/state', clock, ...more,
	});
	return {
		source, store, run, made, closed,
	};
};

const subjectsIn = (store: Store): string[] => folderIn(store, ['INBOX']).messages.map(({bytes}) => /Subject: (?<subject>.*)\r/v.exec(new TextDecoder().decode(bytes))!.groups!.subject!).sort((a, b) => a.localeCompare(b, 'en', {numeric: true}));
const everyone = (count: number): string[] => Array.from({length: count}, (_, index) => `message ${index}`);
const roadEvents = (events: readonly Told[]): string[] => events.flatMap(event => {
	if (event.type === 'road.closed') {
		return [`${event.transport} closed: ${event.failure.code}`];
	}

	return event.type === 'road.chosen' ? [`${event.transport} ${event.reason}${event.messages === undefined ? '' : ` ${event.messages}`}`] : [];
});

describe('of several roads', () => {
	test('the first that opens is taken, and why the ones before it were not is told', async () => {
		const {run, store, made, closed} = scene();
		const {outcome, events, progress} = await run([{transport: 'ews', shut: 'ews-closed'}, {transport: 'imap'}, {transport: 'graph'}]);
		expect(outcome).toBe('complete');
		expect(roadEvents(events)).toEqual(['ews closed: ews-closed', 'imap best']);
		expect(subjectsIn(store)).toEqual(everyone(12));
		expect([...made.keys()]).toEqual(['ews', 'imap']);
		expect(closed).toEqual(['ews', 'imap']);
		expect(progress.transport).toBe('imap');
		expect([...progress.roads]).toEqual([['ews', {delivered: 0, closed: 'ews-closed'}], ['imap', {delivered: 12}]]);
	});

	test('none is open: nothing is sent, and it is told of each why', async () => {
		const {run, store} = scene();
		const {outcome, failure} = await run([{transport: 'ews', shut: 'ews-closed'}, {transport: 'imap', shut: 'sign-in-refused'}, {transport: 'graph', shut: 'host-unreachable'}]);
		expect(outcome).toBe('failed');
		expect(failure).toMatchObject({code: 'no-road', detail: 'ews: ews-closed, imap: sign-in-refused, graph: host-unreachable'});
		expect(store.size).toBe(0);
	});

	test('what is the same for all is told once, as what it is', async () => {
		const {run} = scene();
		const {failure} = await run([{transport: 'ews', shut: 'host-unreachable'}, {transport: 'imap', shut: 'host-unreachable'}]);
		expect(failure).toMatchObject({code: 'host-unreachable'});
	});

	test('the one road that was named is not left for another', async () => {
		const {run} = scene();
		const {failure, events} = await run([{transport: 'ews', shut: 'ews-closed'}]);
		expect(failure).toMatchObject({code: 'ews-closed'});
		expect(roadEvents(events)).toEqual([]);
	});

	test('a bug in one is no reason to take another', async () => {
		const {run} = scene();
		const {failure} = await run([{transport: 'ews', shut: 'bug'}, {transport: 'imap'}]);
		expect(failure).toMatchObject({code: 'bug'});
	});
});

describe('a road that loses something', () => {
	const lossy: FakeRoad = {transport: 'graph', traits: {loses: ['received-date', 'draft']}};

	test('is not taken where nobody allows it, and nothing is sent', async () => {
		const {run, store} = scene();
		const {failure} = await run([{transport: 'imap', shut: 'sign-in-refused'}, lossy]);
		expect(failure).toMatchObject({code: 'loss-not-allowed'});
		expect(failure!.detail).toContain('graph: messages get the moment of the migration as their received date');
		expect(store.size).toBe(0);
	});

	test('is no answer to a network that is down for a moment: that is told', async () => {
		const {run} = scene();
		const {failure} = await run([{transport: 'ews', shut: 'host-unreachable'}, lossy]);
		expect(failure).toMatchObject({code: 'host-unreachable'});
	});

	test('is asked for, once, before the first message; yes goes on', async () => {
		const {run, store} = scene();
		const asked: unknown[] = [];
		const {outcome} = await run([lossy], {
			async consent(transport, losses) {
				asked.push([transport, losses, store.size]);
				return true;
			},
		});
		expect(outcome).toBe('complete');
		// What nobody would miss is not asked about.
		expect(asked).toEqual([['graph', ['received-date'], 0]]);
	});

	test('no takes the next one', async () => {
		const {run} = scene();
		const {outcome, events} = await run([lossy, {transport: 'graph-json'}], {consent: async () => false});
		expect(outcome).toBe('complete');
		expect(roadEvents(events)).toEqual(['graph closed: loss-not-allowed', 'graph-json best']);
	});

	test('is not asked for where the choices allow it', async () => {
		const {run} = scene();
		const {outcome} = await run([lossy], {choices: {allowLoss: true}});
		expect(outcome).toBe('complete');
	});
});

describe('a road that closes in the middle', () => {
	test('is left for the next one: nothing is lost, nothing doubled', async () => {
		const {run, store} = scene(40);
		const {outcome, events, progress} = await run([
			{transport: 'ews', faults: nth => nth === 9 ? 'committed, answer lost' : (nth > 12 ? {code: 'ews-closed'} : 'ok')},
			{transport: 'imap'},
		]);
		expect(roadEvents(events)).toEqual(['ews best', 'ews closed: ews-closed', 'imap closed']);
		expect(subjectsIn(store)).toEqual(everyone(40));
		expect(outcome).toBe('complete');
		expect(progress.messages).toMatchObject({delivered: 40, remaining: 0, unsure: 0});
		expect(events.filter(({type}) => type === 'survey.completed' || type === 'run.ended' || type === 'run.failed').map(({type}) => type)).toEqual(['survey.completed', 'run.ended']);
	});

	test('ends the run where there is no other, and the next run carries on', async () => {
		const {run, store} = scene(40);
		const {outcome, failure} = await run([{transport: 'ews', faults: nth => nth > 12 ? {code: 'ews-closed'} : 'ok'}, {transport: 'imap', shut: 'sign-in-refused'}]);
		expect(outcome).toBe('failed');
		expect(failure).toMatchObject({code: 'no-road'});
		await expect(run([{transport: 'ews'}])).resolves.toMatchObject({outcome: 'complete'});
		expect(subjectsIn(store)).toEqual(everyone(40));
	});
});

describe('what one road refuses for good', () => {
	const refusesLarge: FakeRoad = {transport: 'ews', faults: (_, text) => /message (?:9|10)\r/v.test(text) ? {code: 'message-too-large'} : 'ok'};

	test('another one takes, and the record names both', async () => {
		const {run, store} = scene();
		const {outcome, events, progress} = await run([refusesLarge, {transport: 'imap', shut: 'sign-in-refused'}, {transport: 'graph'}]);
		expect(outcome).toBe('complete');
		expect(roadEvents(events)).toEqual(['ews best', 'imap closed: sign-in-refused', 'graph refused 2']);
		expect(subjectsIn(store)).toEqual(everyone(12));
		expect(progress.messages).toMatchObject({delivered: 12, refused: 0});
		expect(progress.refusedBy.size).toBe(0);
		expect([...progress.roads]).toEqual([['ews', {delivered: 10}], ['imap', {delivered: 0, closed: 'sign-in-refused'}], ['graph', {delivered: 2}]]);
	});

	test('by losing its connection each time, another one takes, once it is known not to be there', async () => {
		const {run, store} = scene();
		const {outcome, events} = await run([{transport: 'ews', faults: (_, text) => text.includes('message 9\r') ? {code: 'connection-lost', outcome: 'unknown', reach: 'message'} : 'ok'}, {transport: 'imap'}], {choices: {maxRetries: 1}});
		expect(roadEvents(events)).toEqual(['ews best', 'imap refused 1']);
		expect(outcome).toBe('complete');
		expect(subjectsIn(store)).toEqual(everyone(12));
	});

	test('and no other takes is refused once, and not tried again unasked', async () => {
		const {run, store, made} = scene();
		const both = [refusesLarge, {...refusesLarge, transport: 'imap' as const}];
		await expect(run(both)).resolves.toMatchObject({outcome: 'partial', progress: {messages: {delivered: 10, refused: 2}}});
		const {events, progress} = await run(both);
		expect(progress.messages).toMatchObject({delivered: 10, refused: 2});
		expect(roadEvents(events)).toEqual(['ews best']);
		expect(made.get('ews')!.deliveries()).toBe(0);
		expect(subjectsIn(store)).toHaveLength(10);
	});

	test('is tried by a road that opens later', async () => {
		const {run, store} = scene();
		await run([refusesLarge]);
		const {outcome, events} = await run([refusesLarge, {transport: 'graph'}]);
		expect(roadEvents(events)).toEqual(['ews best', 'graph refused 2']);
		expect(outcome).toBe('complete');
		expect(subjectsIn(store)).toEqual(everyone(12));
	});

	test('and would lose something is left where nobody allowed it beforehand', async () => {
		const {run} = scene();
		const {outcome, progress} = await run([refusesLarge, {transport: 'graph-json', traits: {loses: ['mime']}}], {consent: async () => true});
		expect(outcome).toBe('partial');
		expect(progress.messages).toMatchObject({delivered: 10, refused: 2});
	});

	test('is not what may be stored: that is looked for, by the road that sent it', async () => {
		const {run, store} = scene();
		const {outcome, events} = await run([{transport: 'ews', faults: nth => nth === 4 ? 'committed, answer lost' : 'ok'}, {transport: 'imap'}]);
		expect(outcome).toBe('complete');
		expect(roadEvents(events)).toEqual(['ews best']);
		expect(subjectsIn(store)).toEqual(everyone(12));
	});

	test('is known beforehand by its size: no byte of it is sent by a road that is too narrow', async () => {
		const {run, store, made} = scene();
		const {outcome} = await run([{transport: 'ews', traits: {maxMessageBytes: 170}}, {transport: 'imap'}]);
		expect(outcome).toBe('complete');
		expect(subjectsIn(store)).toEqual(everyone(12));
		const wide = folderIn(store, ['INBOX']).messages.filter(({bytes}) => bytes.length > 170).length;
		expect(wide).toBeGreaterThan(1);
		expect(made.get('imap')!.deliveries()).toBe(wide);
		expect(made.get('ews')!.deliveries()).toBe(12 - wide);
	});
});
