import {readHeader} from './header-fields.js';

/** Header fields that ask to be told when the message is read (RFC 8098 2.1, and what came before it). */
const receiptFields = ['disposition-notification-to', 'return-receipt-to', 'x-confirm-reading-to'];

/** Whether a message asks for a receipt, which a store may send when it is marked as read (design, section 7, rule 17). */
export const asksForReceipt = (bytes: Uint8Array): boolean => readHeader(bytes, receiptFields).fields.size > 0;
