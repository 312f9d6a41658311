import {Buffer} from 'node:buffer';

/** UTF-7 (RFC 2152), which old mail has and no decoder of the platform knows. */
const utf7 = (text: string): string => text.replaceAll(/\+(?<encoded>[\d+\/A-Za-z]*)-?/gv, (_, encoded: string) => {
	if (encoded === '') {
		return '+';
	}

	const bytes = Buffer.from(encoded, 'base64');
	return new TextDecoder('utf-16be').decode(bytes.subarray(0, bytes.length - (bytes.length % 2)));
});

const decoderFor = (charset: string) => {
	for (const label of [charset, charset.replace(/^(?:x-|cs)/v, ''), charset.replace(/^(?:cp|ms|ibm)-?(?=\d)/v, 'windows-')]) {
		try {
			return new TextDecoder(label);
		} catch {}
	}

	return undefined;
};

const isUtf8 = (bytes: Uint8Array): boolean => {
	try {
		new TextDecoder('utf8', {fatal: true}).decode(bytes);
		return true;
	} catch {
		return false;
	}
};

/**
Text in the named character set. What is unnamed, unknown or said to be ASCII is UTF-8 where it can be, else Windows-1252; with
`guess` UTF-8 is tried before the named one.
*/
export const decodeText = (bytes: Uint8Array, charset = '', guess = false): string => {
	const name = charset.trim().toLowerCase();
	if (/^(?:unicode-1-1-)?utf-?7$/v.test(name)) {
		return utf7(Buffer.from(bytes).toString('latin1'));
	}

	const decoder = /^(?:us-)?ascii$/v.test(name) || name === '' ? undefined : decoderFor(name);
	return (guess || !decoder) && isUtf8(bytes) ? new TextDecoder('utf8').decode(bytes) : (decoder ?? new TextDecoder('windows-1252')).decode(bytes);
};
