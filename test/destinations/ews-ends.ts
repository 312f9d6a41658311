import {afterEach} from 'vitest';
import {ewsDestination, type EwsDestinationOptions} from '../../source/destinations/ews.js';
import {type Notice} from '../../source/mailbox/source.js';
import {never, PatientClock} from '../protocols/surroundings.js';
import {delivery} from './deliveries.js';
import {startExchange} from './scripted-exchange.js';

const closers: Array<() => Promise<void>> = [];
/** Every body that the tests of this file have sent so far. */
export const sent: string[] = [];

afterEach(async () => {
	for (const close of closers.splice(0)) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await close();
	}
});

/** A destination that is open, and its inbox; calls are counted from then on. */
export const start = async (options: Parameters<typeof startExchange>[0] = {}, more: Partial<EwsDestinationOptions> = {}) => {
	const exchange = await startExchange(options);
	const clock = new PatientClock();
	const notices: Notice[] = [];
	const destination = ewsDestination({
		host: exchange.server.host, mailbox: 'a@example.org', token: async () => 'planted-token', ca: exchange.server.ca, clock, random: () => 0.5, notice(notice) {
			notices.push(notice);
		}, ...more,
	});
	closers.push(async () => destination.close(), async () => {
		sent.push(...exchange.bodies);
		await exchange.server[Symbol.asyncDispose]();
	});
	const traits = await destination.open(never);
	const inbox = await destination.prepare(['Posteingang'], never);
	exchange.calls.length = 0;
	return {
		exchange, clock, notices, destination, traits, inbox,
	};
};

export const flags = {
	seen: String.raw`\Seen`, draft: String.raw`\Draft`, flagged: String.raw`\Flagged`, answered: String.raw`\Answered`,
};
/** A message that has all it needs. */
export const dated = (text: string): string => `Message-ID: <${text}@example.org>\r\nDate: Fri, 1 Mar 2019 08:15:00 +0000\r\nSubject: ${text}\r\n\r\n${text}\r\n`;
/** So many deliveries, numbered from one. */
export const some = (count: number, from = 1) => Array.from({length: count}, (_, at) => delivery(dated(`m${from + at}`), {uid: from + at}));
export const isLost = {stored: false, failure: {code: 'connection-lost', outcome: 'unknown'}};

