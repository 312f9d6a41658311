import {Buffer} from 'node:buffer';
import {generateKeyPairSync, randomBytes, sign} from 'node:crypto';

/** A throw-away authority and a certificate that it issued for localhost and 127.0.0.1; all PEM. */
export type Certificates = {readonly ca: string; readonly cert: string; readonly key: string};

// DER (ITU-T X.690): tag, length, content.
const der = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
	const content = Buffer.concat(parts);
	const {length} = content;
	const size = length < 128 ? [length] : (length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256]);
	return Buffer.concat([Uint8Array.of(tag, ...size), content]);
};

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => der(0x30, ...parts);
const integer = (...bytes: readonly number[]): Uint8Array => der(0x02, Uint8Array.from(bytes));
const oid = (...bytes: readonly number[]): Uint8Array => der(0x06, Uint8Array.from(bytes));
const boolean = (value: boolean): Uint8Array => der(0x01, Uint8Array.of(value ? 0xFF : 0));
const time = (date: Date): Uint8Array => der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));

/** `CN=…` */
const nameOf = (commonName: string): Uint8Array => sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0C, Buffer.from(commonName)))));

const ecdsaWithSha256 = sequence(oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02));

/** Extension (RFC 5280 4.2): its OID ends with `last` after 2.5.29. */
const extension = (last: number, critical: boolean, value: Uint8Array): Uint8Array =>
	sequence(oid(0x55, 0x1D, last), ...(critical ? [boolean(true)] : []), der(0x04, value));

const basicConstraints = (isAuthority: boolean): Uint8Array => extension(19, true, sequence(...(isAuthority ? [boolean(true)] : [])));
/** As bits of one byte, and how many of its last are unused. */
const keyUsage = (bits: number, unused: number): Uint8Array => extension(15, true, der(0x03, Uint8Array.of(unused, bits)));
const localhost = extension(17, false, sequence(der(0x82, Buffer.from('localhost')), der(0x87, Uint8Array.of(127, 0, 0, 1))));

const pem = (label: string, bytes: Uint8Array): string =>
	`-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

type Party = readonly [commonName: string, key: ReturnType<typeof newKey>];

const newKey = () => generateKeyPairSync('ec', {namedCurve: 'P-256'});

/** A certificate (RFC 5280 4.1) from a day ago for ten years. */
const issue = ([subject, subjectKey]: Party, [issuer, issuerKey]: Party, extensions: readonly Uint8Array[]): string => {
	const now = Date.now();
	const serial = randomBytes(15);
	const body = sequence(
		der(0xA0, integer(2)),
		integer(1, ...serial),
		ecdsaWithSha256,
		nameOf(issuer),
		sequence(time(new Date(now - 86_400_000)), time(new Date(now + 315_360_000_000))),
		nameOf(subject),
		subjectKey.publicKey.export({type: 'spki', format: 'der'}),
		der(0xA3, sequence(...extensions)),
	);
	const signature = sign('sha256', body, issuerKey.privateKey);
	return pem('CERTIFICATE', sequence(body, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature)));
};

/** Made anew each time, without any file or other program: for tests and the demo, never for anything else. */
export const makeCertificates = (): Certificates => {
	const serverKey = newKey();
	const authority: Party = ['aw2ms365 sandbox authority', newKey()];
	const server: Party = ['localhost', serverKey];
	return {
		// Certificate and CRL signing.
		ca: issue(authority, authority, [basicConstraints(true), keyUsage(0x06, 1)]),
		// Digital signature.
		cert: issue(server, authority, [basicConstraints(false), keyUsage(0x80, 7), localhost]),
		key: serverKey.privateKey.export({type: 'pkcs8', format: 'pem'}) as string,
	};
};
