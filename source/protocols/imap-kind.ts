import {type Wire} from './imap-wire.js';

/**
Whether the server is Exchange: by its greeting, by capabilities nobody else has, or by its host
(recorded/imap/exo-greetings.txt, exo-capability-history.txt). Exchange rebuilds MIME, tells composed and
decomposed names and their case not apart, and shows calendars as mail folders.
*/
export const isExchange = (wire: Pick<Wire, 'greeting' | 'capabilities'>, host: string): boolean => /microsoft exchange/iv.test(wire.greeting)
	|| ['CLIENTACCESSRULES', 'CLIENTNETWORKPRESENCELOCATION', 'BACKENDAUTHENTICATE'].some(name => wire.capabilities.has(name))
	|| /(?:^|\.)(?:office365\.(?:com|us)|outlook\.com|partner\.outlook\.cn)$/iv.test(host);
