-- Payments above a threshold from which the owner wants to know of them.
ALTER TABLE event DROP CONSTRAINT event_kind_check;
ALTER TABLE event ADD CONSTRAINT event_kind_check CHECK (kind IN (
  'ADMITTED', 'NOTIFIED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED',
  'PAID', 'REFUSED', 'APPENDED', 'PUBLISHED', 'SENT', 'NUMBERED', 'DELIVERED'));
