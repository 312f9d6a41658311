import {Buffer} from 'node:buffer';

/** A folder name as IMAP4rev1 sends it (RFC 3501 5.1.3): printable ASCII as it is, `&` as `&-`, all else as UTF-16 in base64 with `,` for `/`. */
export const encodeName = (name: string): string => name.replaceAll('&', '&-').replaceAll(/[^ -~]+/gv, text => {
	const utf16 = Buffer.from(text, 'utf16le').swap16();
	return `&${utf16.toString('base64').replaceAll('=', '').replaceAll('/', ',')}-`;
});

/** The inverse of {@link encodeName}. */
export const decodeName = (name: string): string => name.replaceAll(/&([^\-]*)-/gv, (_all, base64: string) => {
	if (base64 === '') {
		return '&';
	}

	const utf16 = Buffer.from(base64.replaceAll(',', '/'), 'base64');
	return utf16.subarray(0, utf16.length - (utf16.length % 2)).swap16().toString('utf16le');
});
