import {expect, test} from 'vitest';
import {type Rebuilt, settleRebuilt} from '../../source/destinations/imap-look-rebuilt.js';
import {type Unsure} from '../../source/mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../../source/mailbox/envelope.js';

const header = (subject: string, id = subject) => `Subject: ${subject}\r\n${id ? `Message-ID: <${id}@example.org>\r\n` : ''}Date: Mon, 1 Feb 2021 08:00:00 +0000\r\n\r\n`;
const envelope = (text: string) => envelopeOf(new TextEncoder().encode(text));

const sought = (uid: number, text: string, {hash = text, second = 1, known = true} = {}): Unsure => ({
	key: {folder: ['A'], generation: '1', uid}, stamp: '', fingerprint: {hash, size: 1, receivedAt: second * 1000}, generation: '1', watermark: '1', flags: [],
	...(known && {envelope: envelopeHash(envelope(text), second * 1000)}),
});

const there = (uid: number, text: string, second = 1): Rebuilt => ({
	id: `1:${uid}`, uid, second, header: envelope(text),
});

const settle = (unsure: readonly Unsure[], free: readonly Rebuilt[]) => {
	try {
		return settleRebuilt(unsure, free, () => true);
	} catch (error) {
		return (error as {failure: {code: string}}).failure.code;
	}
};

test.each<readonly [string, readonly Unsure[], readonly Rebuilt[], ReturnType<typeof settle>]>([
	['header and received second are the same', [sought(1, header('a'))], [there(7, header('a'))], ['1:7']],
	['the store has made a Message-ID', [sought(1, header('a', ''))], [there(7, header('a', 'made'))], ['1:7']],
	['nothing came', [sought(1, header('a'))], [], [undefined]],
	['what came is another message', [sought(1, header('a'))], [there(7, header('b'), 2)], [undefined]],
	['identical copies need as many', [1, 2, 3].map(uid => sought(uid, header('a'))), [there(7, header('a')), there(8, header('a'))], ['1:7', '1:8', undefined]],
	['near-duplicates are all there', [sought(1, header('a'), {hash: 'x'}), sought(2, header('a'), {hash: 'y'})], [there(7, header('a')), there(8, header('a'))], ['1:7', '1:8']],
	['of near-duplicates some are there: doubt', [sought(1, header('a'), {hash: 'x'}), sought(2, header('a'), {hash: 'y'})], [there(7, header('a'))], 'delivery-unknown'],
	['the header is the same, the second is not: doubt', [sought(1, header('a'))], [there(7, header('a'), 2)], 'delivery-unknown'],
	['the second is the same, the header is not: doubt', [sought(1, header('a'))], [there(7, header('b'))], 'delivery-unknown'],
	['an older journal knows no header: any that came leaves a doubt', [sought(1, header('a'), {known: false})], [there(7, header('b'), 2)], 'delivery-unknown'],
])('where MIME is rebuilt: %s', (_, unsure, free, expected) => {
	expect(settle(unsure, free)).toEqual(expected);
});
