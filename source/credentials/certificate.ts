import {Buffer} from 'node:buffer';
import {createPrivateKey, type KeyObject, X509Certificate} from 'node:crypto';
import {FailureError} from '../mailbox/failure.js';
import {type Pkcs12Trouble, readPkcs12} from './pkcs12.js';

/** What proves who an application is, as the settings name it. */
export type CertificateFile = {
	/** A PEM or PFX file: certificate and private key. */
	readonly bytes: Uint8Array;
	/** Of the private key, or the PFX. */
	readonly passphrase?: string | undefined;
};

/** As msal wants it (learn.microsoft.com/entra/msal/javascript/node/certificate-credentials). */
export type ClientCertificate = {
	/** PKCS #8, PEM, not enciphered. */
	readonly privateKey: string;
	/** SHA-256, hex without colons. */
	readonly thumbprintSha256: string;
	/** Milliseconds since 1970 UTC. */
	readonly expires: number;
};

const invalid = (what: string, next: string): FailureError => new FailureError('settings-invalid', {detail: `destination.certificate: ${what}`, next: `${next} Then run the same command again.`});

const passphraseStep = 'Check destination.certificatePassphrase, AW2MS365_CERTIFICATE_PASSPHRASE or AW2MS365_CERTIFICATE_PASSPHRASE_FILE.';
const pemStep = 'Make it PEM: openssl pkcs12 -in <the file> -legacy -out certificate.pem, which keeps the key under a passphrase.';

/** Where a PEM file has several certificates, the one that the key belongs to. */
const fromPem = (text: string, passphrase: string | undefined): {readonly key: KeyObject; readonly certificate: X509Certificate} => {
	const blocks = (label: string): string[] => text.match(new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`, 'gv')) ?? [];
	const [keyText] = blocks('(?:ENCRYPTED |RSA |EC )?PRIVATE KEY');
	const certificates = blocks('CERTIFICATE');
	if (keyText === undefined || certificates.length === 0) {
		throw invalid(`no ${keyText === undefined ? 'private key' : 'certificate'} in the PEM file`, 'Put certificate and private key into one file, one after the other.');
	}

	const isEnciphered = keyText.includes('ENCRYPTED');
	if (isEnciphered && passphrase === undefined) {
		throw invalid('its private key wants a passphrase', passphraseStep);
	}

	let key: KeyObject;
	try {
		key = createPrivateKey({key: keyText, ...(isEnciphered && {passphrase})});
	} catch (error) {
		throw isEnciphered && !/unsupported|asn1|no start line/iv.test((error as Error).message)
			? invalid('the passphrase does not open its private key', passphraseStep)
			: invalid('its private key cannot be read', 'Export certificate and key anew.');
	}

	try {
		const certificate = certificates.map(one => new X509Certificate(one)).find(one => one.checkPrivateKey(key));
		if (certificate) {
			return {key, certificate};
		}
	} catch {
		throw invalid('its certificate cannot be read', 'Export certificate and key anew.');
	}

	throw invalid('certificate and private key do not belong together', 'Put the key that the certificate was made with into the file.');
};

const fromPfx = (bytes: Uint8Array, passphrase: string | undefined): {readonly key: KeyObject; readonly certificate: X509Certificate} => {
	try {
		return readPkcs12(bytes, passphrase ?? '');
	} catch (error) {
		switch ((error as Pkcs12Trouble).reason) {
			case 'passphrase': {
				throw invalid(passphrase === undefined ? 'the PFX file wants a passphrase' : 'the passphrase does not open the PFX file', passphraseStep);
			}

			case 'old-cipher': {
				throw invalid('the PFX file is enciphered in a way that is too old', `Export it anew with AES256 (in Windows: Export-PfxCertificate -CryptoAlgorithmOption AES256_SHA256). ${pemStep}`);
			}

			case 'unknown-form': {
				throw invalid('this is neither PEM nor a PFX file that can be read', pemStep);
			}
		}
	}
};

/**
The certificate of a PEM or PFX file.

@throws settings-invalid, with the reason and what to do; nothing of the file's content is in it
*/
export const readCertificate = ({bytes, passphrase}: CertificateFile): ClientCertificate => {
	const text = Buffer.from(bytes).toString('latin1');
	const {key, certificate} = text.includes('-----BEGIN ') ? fromPem(text, passphrase) : fromPfx(bytes, passphrase);
	if (key.asymmetricKeyType !== 'rsa') {
		throw invalid('its key is no RSA key', 'Entra ID signs applications in with RSA keys: make a certificate with one, of 2048 bits or more.');
	}

	return {
		privateKey: key.export({type: 'pkcs8', format: 'pem'}) as string,
		thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
		expires: Date.parse(certificate.validTo),
	};
};
