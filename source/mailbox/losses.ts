type LossRow = {
	/** For an administrator, as the end of "On this way …". */
	readonly words: string;
	/** Nobody would expect it: asked before the first message is sent. */
	readonly needsConsent: boolean;
};

/** What a road may not carry, of every message or of those that have it. */
export const losses = {
	'received-date': {words: 'messages get the moment of the migration as their received date', needsConsent: true},
	mime: {words: 'messages are made anew from their parts: text, recipients, dates, states and attachments are kept, most other headers and the original form are not', needsConsent: true},
	signatures: {words: 'S/MIME and PGP signatures no longer verify, encrypted mail becomes an attachment', needsConsent: true},
	draft: {words: 'drafts become ordinary messages in their folder', needsConsent: false},
	keywords: {words: 'keywords (labels of other mail programs) are not kept', needsConsent: false},
} as const satisfies Record<string, LossRow>;

export type Loss = keyof typeof losses;
