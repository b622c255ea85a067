ALTER TABLE `users` ADD `score` real DEFAULT 1.5;--> statement-breakpoint
CREATE INDEX `posts_author` ON `posts` (`author_id`);
