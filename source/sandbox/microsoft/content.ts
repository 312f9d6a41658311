export type Address = {readonly name: string; readonly address: string};

export type Attachment = {
	readonly name: string;
	readonly contentType: string;
	readonly contentId?: string;
	readonly inline: boolean;
	readonly bytes: Uint8Array;
	readonly embedded?: Content;
};

/** What a store like Exchange keeps of a message: properties, not MIME. */
export type Content = {
	readonly itemClass: string;
	readonly subject: string;
	readonly from?: Address;
	readonly sender?: Address;
	readonly to: readonly Address[];
	readonly cc: readonly Address[];
	readonly bcc: readonly Address[];
	readonly replyTo: readonly Address[];
	readonly messageId?: string;
	readonly inReplyTo?: string;
	readonly references?: string;
	/** Milliseconds since 1970. */
	readonly sentAt?: number;
	readonly importance: 'Low' | 'Normal' | 'High';
	/** The raw header block, PidTagTransportMessageHeaders. */
	readonly headers: string;
	readonly text?: string;
	readonly html?: string;
	readonly attachments: readonly Attachment[];
	readonly wantsReceipt: boolean;
	/** A multipart/signed or pkcs7 message kept whole. */
	readonly signed?: Uint8Array;
};
