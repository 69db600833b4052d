-- A copy of a database never calls the omeet of the original, and never takes its events.
UPDATE omeet_connection
   SET url = NULL, api_key = NULL, public_url = NULL, webhook_endpoint = NULL, webhook_url = NULL, webhook_secret = NULL;
DELETE FROM omeet_job WHERE state = 'pending';
UPDATE ir_cron SET active = false
 WHERE id IN (SELECT res_id FROM ir_model_data WHERE module = 'omeet' AND model = 'ir.cron');
