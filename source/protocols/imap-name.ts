import {Buffer} from 'node:buffer';

/** A mailbox name out of modified UTF-7 (RFC 3501 5.1.3), or undefined where it is not well formed. */
export const decodeName = (raw: string): string | undefined => {
	let result = '';
	let rest = raw;
	while (rest.length > 0) {
		const start = rest.indexOf('&');
		if (start === -1) {
			return result + rest;
		}

		const end = rest.indexOf('-', start);
		if (end === -1) {
			return undefined;
		}

		result += rest.slice(0, start);
		const shifted = rest.slice(start + 1, end);
		rest = rest.slice(end + 1);
		if (shifted === '') {
			result += '&';
			continue;
		}

		const text = decodeShifted(shifted);
		if (text === undefined) {
			return undefined;
		}

		result += text;
	}

	return result;
};

/** UTF-16BE in base64 with `,` for `/` and no padding. */
const decodeShifted = (shifted: string): string | undefined => {
	if (!/^[A-Za-z0-9+,]+$/v.test(shifted)) {
		return undefined;
	}

	const bytes = Buffer.from(shifted.replaceAll(',', '/'), 'base64');
	if (bytes.length === 0 || bytes.length % 2 !== 0) {
		return undefined;
	}

	const text = Buffer.from(bytes).swap16().toString('utf16le');
	return text.isWellFormed() ? text : undefined;
};

/** A mailbox name in modified UTF-7. */
export const encodeName = (name: string): string => name
	.replaceAll('&', '&-')
	.replaceAll(/[^\u0020-\u007E]+/gv, text => `&${Buffer.from(text, 'utf16le').swap16().toString('base64').replaceAll('/', ',').replaceAll('=', '')}-`);
