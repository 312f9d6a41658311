import {Buffer} from 'node:buffer';
import {type Random} from '../random.js';
import {batchAnswer, type AnswerContext} from './graph-answer.js';
import {type GraphReply} from './graph-call.js';
import {badPayload} from './graph-content.js';
import {badRequest, GraphRefused} from './graph-errors.js';
import {type Strike} from './faults.js';
import {type Ended} from './graph-strike.js';

/** One request of a batch, as the door takes it. */
export type Step = {
	readonly id: string;
	readonly method: string;
	/** Below the version. */
	readonly url: string;
	readonly headers: Readonly<Record<string, string | undefined>>;
	readonly body: Uint8Array;
	readonly dependsOn: readonly string[];
};

const most = 20;

const bodyOf = (body: unknown, headers: Step['headers']): Uint8Array => {
	if (body === undefined || body === null) {
		return new Uint8Array();
	}

	// What is no JSON stands there in base64.
	return typeof body === 'string' ? Buffer.from(body, 'base64') : (headers['content-type'] === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)));
};

/** @throws GraphRefused for what is no batch, and for more than 20 */
export const stepsOf = (body: Uint8Array): Step[] => {
	let parsed: {readonly requests?: unknown} | undefined;
	try {
		parsed = JSON.parse(new TextDecoder().decode(body)) as typeof parsed;
	} catch {}

	const requests = parsed?.requests;
	if (!Array.isArray(requests) || requests.length === 0) {
		throw badPayload();
	}

	if (requests.length > most) {
		throw new GraphRefused('MaximumValueExceeded', {text: `Number of batch request steps exceeds the maximum value of ${most}.`, hasInner: true});
	}

	const steps = (requests as Array<Readonly<Record<string, unknown>>>).map(({id, method, url, headers = {}, body, dependsOn = []}): Step => {
		if (typeof id !== 'string' || typeof method !== 'string' || typeof url !== 'string' || !Array.isArray(dependsOn)) {
			throw badRequest('Invalid batch payload format.');
		}

		const lower = Object.fromEntries(Object.entries(headers as Readonly<Record<string, string>>).map(([name, value]) => [name.toLowerCase(), value]));
		return {
			id, method: method.toUpperCase(), url: url.startsWith('/') ? url : `/${url}`, headers: lower, body: bodyOf(body, lower), dependsOn: dependsOn as string[],
		};
	});
	if (new Set(steps.map(({id}) => id)).size < steps.length) {
		throw badRequest('Request Id has to be unique in a batch.');
	}

	return steps;
};

type Result = GraphReply | GraphRefused;

const resultOf = (ended: Ended): Result => {
	// Behind the gateway a connection is lost as well: that is all the batch tells.
	if (typeof ended === 'string' || 'raw' in ended) {
		return new GraphRefused('UnknownError', {status: typeof ended === 'string' ? 504 : ended.raw.status, text: ''});
	}

	return 'refused' in ended ? ended.refused : ended.reply;
};

/** What the plan has in store for one request of a batch. */
const troubleOf = (strikes: readonly Strike[], index: number): {readonly refused: GraphRefused; readonly done: boolean} | undefined => {
	for (const {fault} of strikes) {
		if (fault.type === 'item' && (fault.index ?? index) === index) {
			return {refused: new GraphRefused(fault.code, fault.text === undefined ? {} : {text: fault.text}), done: fault.stored ?? false};
		}

		if (fault.type === 'busy-item' && (fault.index ?? index) === index) {
			return {refused: new GraphRefused('ApplicationThrottled', {text: 'Application is over its MailboxConcurrency limit.', wait: fault.milliseconds}), done: false};
		}
	}

	return undefined;
};

export type BatchPorts = {
	/** Carries a request out. */
	readonly run: (step: Step) => Promise<Ended>;
	/** How many may run at once. */
	readonly lanes: number;
	readonly strikes: readonly Strike[];
	readonly random: Random;
	readonly context: AnswerContext;
};

/** Runs a batch: each request has a status of its own, the batch has 200, the answers have no order (reference 3.8). */
export const runBatch = async (steps: readonly Step[], {run, lanes, strikes, random, context}: BatchPorts): Promise<GraphReply> => {
	const results = new Map<string, Result>();
	const waiting = [...steps];
	const running = new Map<string, Promise<void>>();
	const known = new Set(steps.map(({id}) => id));
	const one = async (step: Step): Promise<void> => {
		if (step.dependsOn.some(id => (results.get(id)?.status ?? 424) >= 400)) {
			results.set(step.id, new GraphRefused('FailedDependency', {status: 424, text: 'The request depends on one that failed.'}));
			return;
		}

		const trouble = troubleOf(strikes, steps.indexOf(step));
		if (!trouble || trouble.done) {
			results.set(step.id, resultOf(await run(step)));
		}

		if (trouble) {
			results.set(step.id, trouble.refused);
		}
	};

	while (waiting.length > 0 || running.size > 0) {
		const ready = waiting.find(({dependsOn}) => dependsOn.every(other => results.has(other) || !known.has(other)));
		if (ready && running.size < lanes) {
			waiting.splice(waiting.indexOf(ready), 1);
			running.set(ready.id, (async () => {
				try {
					await one(ready);
				} finally {
					running.delete(ready.id);
				}
			})());
		} else if (running.size > 0) {
			await Promise.race(running.values()); // eslint-disable-line no-await-in-loop -- a lane at a time
		} else {
			// They wait for each other.
			throw badRequest('Invalid dependsOn: a circle.');
		}
	}

	const responses = steps.map(({id}) => batchAnswer(id, results.get(id)!, context, random.next() < 0.5 ? 'Retry-After' : 'retry-after'));
	return {status: 200, contentType: 'application/json', json: {responses: shuffled(responses, random)}};
};

const shuffled = <Value>(values: Value[], random: Random): Value[] => {
	for (let at = values.length - 1; at > 0; at--) {
		const other = random.below(at + 1);
		[values[at], values[other]] = [values[other]!, values[at]!];
	}

	return values;
};
