import type {Recipient} from '@microsoft/microsoft-graph-types';
import {addressParser} from 'postal-mime';
import {oneLine, withoutC1} from './graph-json-text.js';

/**
The mailboxes of address fields (RFC 5322 3.4) as Graph has them, those of groups among them. One without an address keeps its name;
what is neither is none.

@param fields values as they stand, each of a repeated field
*/
export const recipientsOf = (fields: readonly string[]): Recipient[] => fields.flatMap(text => addressParser(text, {flatten: true})).flatMap(({name, address = ''}) => {
	const [known, words] = [oneLine(address), oneLine(withoutC1(name))];
	if (known === '' && words === '') {
		return [];
	}

	return [{emailAddress: {...(words !== '' && {name: words}), ...(known !== '' && {address: known})}}];
});
