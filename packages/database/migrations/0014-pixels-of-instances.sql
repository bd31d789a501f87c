-- What the choice of a transfer syntax asks of an instance (PS3.18 §8.7.3). Rows of before have none of the two: those of
-- lossless syntaxes are sent as ever, the others as they are stored.
alter table instance
  add column samples_per_pixel integer,
  -- Lossy Image Compression (0028,2110): 01 = true, 00 = false
  add column is_lossy boolean;
