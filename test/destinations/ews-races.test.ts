import {expect, test} from 'vitest';
import {type DeliveryResult} from '../../source/mailbox/destination.js';
import {never} from '../protocols/surroundings.js';
import {some, start} from './ews-ends.js';
import {folder, usualFolders} from './scripted-exchange.js';

test('a folder that is made while a delivery finds another one gone is made all the same', async () => {
	const {exchange, destination} = await start({folders: [...usualFolders(), folder('P')]});
	const prepared = await destination.prepare(['P'], never);
	// Two connections stand, so that neither call is late.
	await Promise.all([destination.list(['P'], never), destination.list(['Posteingang'], never)]);
	exchange.folders.splice(-1, 1);
	const results: DeliveryResult[] = [];
	// Two calls make the folder; by then the one call of the delivery has been refused.
	const [made] = await Promise.all([
		destination.prepare(['New'], never),
		destination.deliver(prepared, some(1), (_, result) => {
			results.push(result);
		}, never),
	]);
	expect(made).toMatchObject({path: ['New'], created: true});
	expect(results).toMatchObject([{stored: false, failure: {code: 'folder-gone', outcome: 'not stored'}}]);
});
