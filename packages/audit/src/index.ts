/** The record of every decision that touches patient data. */
export { type AuditEvent, type AuditReason, type AuditSink, memoryAudit } from './audit-event.ts';
export { type AuditWriter, type AuditWriterOptions, createAuditWriter } from './audit-writer.ts';
export { AuditError, type AuditErrorCode } from './errors.ts';
