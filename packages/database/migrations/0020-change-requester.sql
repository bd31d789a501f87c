-- A sender whose rejection notes are believed (IHE RAD TF-1 §33): beside `scanner`, which lets it store them.
alter table api_key drop constraint api_key_roles_check;
alter table api_key add constraint api_key_roles_check check
  (roles <@ array['scanner', 'change-requester', 'radiologist', 'administrator', 'auditor', 'manager'] and roles <> '{}');
