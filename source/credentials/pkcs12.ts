import {Buffer} from 'node:buffer';
import {createPrivateKey, type KeyObject, type X509Certificate} from 'node:crypto';
import {createSecureContext, TLSSocket} from 'node:tls';
import {Duplex} from 'node:stream';

/** Why a PFX cannot be used. */
export class Pkcs12Trouble extends Error {
	readonly reason: 'passphrase' | 'old-cipher' | 'unknown-form';

	constructor(reason: Pkcs12Trouble['reason'], cause?: unknown) {
		super(reason, {cause});
		this.name = 'Pkcs12Trouble';
		this.reason = reason;
	}
}

/** One element of DER (ITU-T X.690): its tag and its content. */
type Element = {readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array};

/** The elements that follow each other in a content. */
const elementsOf = (bytes: Uint8Array): Element[] => {
	const elements: Element[] = [];
	for (let at = 0; at < bytes.length;) {
		const start = at;
		const tag = bytes[at++]!;
		let length = bytes[at++] ?? 0;
		if (length >= 0x80) {
			const size = length - 0x80;
			// Lengths that come at the end (BER's indefinite form) are not for DER.
			if (size === 0 || size > 4) {
				throw new Pkcs12Trouble('unknown-form');
			}

			length = bytes.subarray(at, at + size).reduce((sum, byte) => (sum * 256) + byte, 0);
			at += size;
		}

		if (at + length > bytes.length) {
			throw new Pkcs12Trouble('unknown-form');
		}

		elements.push({tag, content: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length)});
		at += length;
	}

	return elements;
};

const tags = {
	sequence: 0x30, oid: 0x06, octets: 0x04, explicit: 0xA0,
};

const inside = (element: Element | undefined, tag: number): Element[] => {
	if (element?.tag !== tag) {
		throw new Pkcs12Trouble('unknown-form');
	}

	return elementsOf(element.content);
};

/** As hex of its encoding. */
const oids = {
	data: '2a864886f70d010701',
	keyBag: '2a864886f70d010c0a0101',
	shroudedKeyBag: '2a864886f70d010c0a0102',
};

const isOid = (element: Element | undefined, oid: string): boolean => element?.tag === tags.oid && Buffer.from(element.content).toString('hex') === oid;

/** What is in a ContentInfo of type data (RFC 5652 4), or nothing where it is of another type. */
const dataOf = (contentInfo: Element): Element[] => {
	const [type, value] = inside(contentInfo, tags.sequence);
	return isOid(type, oids.data) ? inside(inside(value, tags.explicit)[0], tags.octets) : [];
};

/** The private key's bag (RFC 7292 4.2), in the part that is not encrypted as a whole: there Windows and OpenSSL put it. */
const findKey = (pfx: Uint8Array, passphrase: string): KeyObject => {
	const [, authSafe] = inside(elementsOf(pfx)[0], tags.sequence);
	const [safes] = authSafe ? dataOf(authSafe) : [];
	for (const contentInfo of inside(safes, tags.sequence)) {
		for (const bag of dataOf(contentInfo).flatMap(contents => inside(contents, tags.sequence))) {
			const [type, value] = inside(bag, tags.sequence);
			if (isOid(type, oids.shroudedKeyBag) || isOid(type, oids.keyBag)) {
				return createPrivateKey({
					key: Buffer.from(inside(value, tags.explicit)[0]!.whole), format: 'der', type: 'pkcs8', ...(isOid(type, oids.shroudedKeyBag) && {passphrase}),
				});
			}
		}
	}

	throw new Pkcs12Trouble('unknown-form');
};

/** The certificate that belongs to the key: Node reads PFX for TLS only, so a TLS socket is made that goes nowhere. */
const certificateOf = (pfx: Uint8Array, passphrase: string): X509Certificate | undefined => {
	const nowhere = new Duplex({
		read() {}, // eslint-disable-line @typescript-eslint/no-empty-function -- nothing ever comes
		write(_chunk, _encoding, done) {
			done();
		},
	});
	const socket = new TLSSocket(nowhere, {isServer: true, secureContext: createSecureContext({pfx: Buffer.from(pfx), passphrase})});
	try {
		return socket.getX509Certificate();
	} finally {
		socket.destroy();
	}
};

/**
Key and certificate of a PFX (PKCS #12, RFC 7292), which Node has no function for: it deciphers the key's bag as PKCS #8 and hands
out the certificate through TLS; what lies between is taken apart here. Not for files whose certificates are enciphered with 40-bit RC2, as
Windows did before 2018: Node itself cannot read those.

@throws Pkcs12Trouble
*/
export const readPkcs12 = (pfx: Uint8Array, passphrase: string): {readonly key: KeyObject; readonly certificate: X509Certificate} => {
	try {
		// Checks the passphrase, too.
		const certificate = certificateOf(pfx, passphrase);
		if (certificate) {
			return {key: findKey(pfx, passphrase), certificate};
		}
	} catch (error) {
		if (error instanceof Pkcs12Trouble) {
			throw error;
		}

		const {code, message} = error as {readonly code?: string; readonly message: string};
		if (/mac verify|bad decrypt|invalid password/iv.test(message)) {
			throw new Pkcs12Trouble('passphrase', error);
		}

		throw new Pkcs12Trouble(code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION' || /unsupported/iv.test(message) ? 'old-cipher' : 'unknown-form', error);
	}

	throw new Pkcs12Trouble('unknown-form');
};
