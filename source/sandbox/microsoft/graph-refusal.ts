import {type GraphCall} from './graph-call.js';
import {GraphRefused} from './graph-errors.js';
import {type Folder} from './folder.js';
import {type PropertyValue} from './item.js';

export type Candidate = {
	readonly folder: Folder;
	/** Raw header block. */
	readonly headers: string;
	/** Of the whole message. */
	readonly bytes: number;
	readonly properties?: ReadonlyMap<string, PropertyValue>;
};

/** What this server does not store: too large, on its list of refusals, or one named property too many. @throws GraphRefused */
export const refuseMessage = (call: GraphCall, {folder, headers, bytes, properties}: Candidate): void => {
	const {host: {limits, refusals}, namesUsedUp} = call.parts;
	if (bytes > (limits.messageBytes ?? Number.POSITIVE_INFINITY)) {
		throw new GraphRefused('ErrorMessageSizeExceeded');
	}

	const lines = headers.replaceAll(/\r?\n(?=[ \t])/gv, '').toLowerCase().split(/\r?\n/v);
	const refusal = refusals.find(one => (one.header === undefined || lines.some(line => line.startsWith(`${one.header!.name.toLowerCase()}:`) && line.includes(one.header!.holds.toLowerCase())))
		&& (one.sizeOver === undefined || bytes > one.sizeOver)
		&& (one.folder === undefined || JSON.stringify(one.folder) === JSON.stringify(folder.path)));
	if (refusal) {
		throw new GraphRefused(refusal.code, refusal.text === undefined ? {} : {text: refusal.text});
	}

	if (namesUsedUp && [...properties?.keys() ?? []].some(key => key.includes('/'))) {
		throw new GraphRefused('ErrorQuotaExceeded', {text: 'Cannot get ID from name.'});
	}
};
