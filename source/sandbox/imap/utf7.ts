import {Buffer} from 'node:buffer';

/** A mailbox name in modified UTF-7 (RFC 3501 5.1.3). */
export const encodeUtf7 = (name: string): string => {
	let encoded = '';
	let shifted = '';
	const flush = (): void => {
		if (shifted !== '') {
			const base64 = Buffer.from(shifted, 'utf16le').swap16().toString('base64');
			encoded += `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
			shifted = '';
		}
	};

	for (let index = 0; index < name.length; index++) {
		const unit = name.charAt(index);
		if (unit >= ' ' && unit <= '~') {
			flush();
			encoded += unit === '&' ? '&-' : unit;
		} else {
			shifted += unit;
		}
	}

	flush();
	return encoded;
};

/** The name behind modified UTF-7, or undefined where the text is not such. */
export const decodeUtf7 = (encoded: string): string | undefined => {
	if (!/^(?:[\u0020-\u0025\u0027-\u007E\t]|&[A-Za-z\d+,]*-)*$/.test(encoded)) {
		return undefined;
	}

	return encoded.replaceAll(/&([^-]*)-/g, (_, base64: string) => {
		if (base64 === '') {
			return '&';
		}

		const bytes = Buffer.from(base64.replaceAll(',', '/'), 'base64');
		return bytes.subarray(0, bytes.length - (bytes.length % 2)).swap16().toString('utf16le');
	});
};
