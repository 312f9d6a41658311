import {Buffer} from 'node:buffer';
import libmime from 'libmime';
import {readHeader, textOf} from '../mailbox/header-fields.js';
import {type Leaf} from '../mailbox/mime-leaves.js';
import {contentOf} from './graph-json-bytes.js';

/** What a message has that is worth nothing once its MIME is gone: `signature` (RFC 1847, 8551, 3156), or that it is `encrypted`. */
export type Protection = 'signature' | 'encrypted';

const signatures = /^application\/(?:(?:x-)?pkcs7-signature|pgp-signature)$/v;
const envelopes = /^application\/(?:x-)?pkcs7-mime$/v;
const armours: ReadonlyArray<readonly [Protection, string]> = [['encrypted', '-----BEGIN PGP MESSAGE-----'], ['signature', '-----BEGIN PGP SIGNED MESSAGE-----']];

const isText = ({type, embedded}: Leaf): boolean => !embedded && /^(?:text\/|application\/pgp$)/v.test(type);

const inlineIn = (leaves: readonly Leaf[]): Protection[] => leaves.filter(leaf => isText(leaf)).flatMap(leaf => {
	const {bytes} = contentOf(leaf);
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return armours.filter(([, mark]) => buffer.includes(mark)).map(([protection]) => protection);
});

/** S/MIME and PGP of a message, clear, opaque or inline; what lies in an attached message is kept with it, byte for byte. */
export const protectionOf = (message: Uint8Array, leaves: readonly Leaf[]): Protection[] => {
	const {value, params} = libmime.parseHeaderValue(textOf(readHeader(message, ['content-type']).fields.get('content-type')));
	const type = value.toLowerCase();
	const kind = Object.hasOwn(params, 'smime-type') ? params['smime-type']!.toLowerCase() : '';
	const found = new Set<Protection>(inlineIn(leaves));
	if (type === 'multipart/signed' || leaves.some(leaf => signatures.test(leaf.type))) {
		found.add('signature');
	}

	if (envelopes.test(type) && ['signed-data', 'certs-only'].includes(kind)) {
		found.add('signature');
	} else if (type === 'multipart/encrypted' || leaves.some(leaf => envelopes.test(leaf.type) || leaf.type === 'application/pgp-encrypted')) {
		found.add('encrypted');
	}

	return [...found].sort();
};
