import SendLogCore

/// The part of schema step 11 that creates the function `record_sends` with a lock timeout.
extension Schema {
    /// The number of rows up to which `record_sends` inserts them one by one.
    ///
    /// Citus plans an `INSERT … SELECT` once for each shard: one takes as long as some six `INSERT … VALUES` with 32
    /// shards. On PostgreSQL alone both take equally long with eight rows.
    private static let maxSingleRows = 6

    /// Creates the function that records new logs of one organisation in one round trip, on the organisation's node.
    ///
    /// It takes the place of the function of the same name and one parameter less, which servers of earlier versions
    /// call; see ``recording`` for what both do and return. This one differs in these points:
    ///
    /// - `p_lock_timeout` applies on the node that runs the function, which does not know the client's session.
    /// - Few rows are inserted one by one.
    /// - The head row is locked and updated with one statement.
    /// - On Citus, each statement is planned each time, which `plan_cache_mode` shows: a server's sessions on
    ///   PostgreSQL alone have another one. Citus 13.2 otherwise keeps another plan of a statement's shard with every
    ///   execution, and never uses or frees it: some 150 KB for each call.
    static let recordingWithLockTimeout = """
        CREATE FUNCTION record_sends(
            p_org bigint, p_ids text[], p_campaigns text[], p_starts bigint[], p_days integer[], p_counts integer[],
            p_digests bytea[], p_records bytea[], p_staged bigint[],
            p_chunk_places integer[], p_chunk_numbers integer[], p_chunk_counts integer[], p_chunk_lengths integer[],
            p_chunk_crcs bigint[], p_chunk_bodies bytea[], p_lock_timeout text
        ) RETURNS TABLE (
            o_place integer, o_seq bigint, o_start bigint, o_destinations integer, o_digest bytea, o_record bytea
        ) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
            v_settings text := set_config('lock_timeout', p_lock_timeout, true) || CASE
                WHEN current_setting('plan_cache_mode') = 'auto'
                THEN set_config('plan_cache_mode', 'force_custom_plan', true) ELSE '' END;
            v_head bigint;
            v_count bigint := cardinality(p_ids);
            v_destinations bigint := 0;
            v_written bigint;
        BEGIN
            IF v_count <= \(maxSingleRows) THEN
                RETURN QUERY
                    SELECT array_position(p_ids, l.id COLLATE "default"), l.seq, l.start, l.destinations, l.digest,
                        l.record
                    FROM send_logs l WHERE l.org_id = p_org AND l.id = ANY (p_ids);
            ELSE
                RETURN QUERY
                    SELECT n.place::integer, l.seq, l.start, l.destinations, l.digest, l.record
                    FROM unnest(p_ids) WITH ORDINALITY n (id, place)
                    JOIN send_logs l ON l.org_id = p_org AND l.id = n.id;
            END IF;
            IF FOUND THEN RETURN; END IF;

            FOR v_place IN 1..v_count LOOP
                v_destinations := v_destinations + p_counts[v_place];
            END LOOP;
            UPDATE organisation_heads h
                SET sequence = h.sequence + v_count, destinations = h.destinations + v_destinations
                WHERE h.org_id = p_org RETURNING h.sequence - v_count INTO v_head;
            IF NOT FOUND THEN RETURN; END IF;

            IF v_count <= \(maxSingleRows) THEN
                FOR v_place IN 1..v_count LOOP
                    INSERT INTO send_logs (org_id, seq, start, destinations, id, campaign, digest, record)
                        VALUES (
                            p_org, v_head + v_place, p_starts[v_place], p_counts[v_place], p_ids[v_place],
                            p_campaigns[v_place], p_digests[v_place], p_records[v_place]
                        )
                        ON CONFLICT DO NOTHING;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'another server recorded one of these logs' USING ERRCODE = '40001';
                    END IF;
                    INSERT INTO organisation_days AS d (org_id, day, block, sends, destinations)
                        VALUES (
                            p_org, p_days[v_place], (v_head + v_place - 1) / \(CounterBlock.size), 1, p_counts[v_place]
                        )
                        ON CONFLICT (org_id, day, block) DO UPDATE
                        SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
                    INSERT INTO campaign_days AS d (org_id, campaign, day, block, sends, destinations)
                        VALUES (
                            p_org, p_campaigns[v_place], p_days[v_place],
                            (v_head + v_place - 1) / \(CounterBlock.size), 1, p_counts[v_place]
                        )
                        ON CONFLICT (org_id, campaign, day, block) DO UPDATE
                        SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
                END LOOP;
            ELSE
                INSERT INTO send_logs (org_id, seq, start, destinations, id, campaign, digest, record)
                    SELECT h.org_id, v_head + n.place, n.start, n.destinations, n.id, n.campaign, n.digest, n.record
                    FROM organisation_heads h
                    CROSS JOIN unnest(p_starts, p_counts, p_ids, p_campaigns, p_digests, p_records)
                        WITH ORDINALITY n (start, destinations, id, campaign, digest, record, place)
                    WHERE h.org_id = p_org
                    ON CONFLICT DO NOTHING;
                GET DIAGNOSTICS v_written = ROW_COUNT;
                IF v_written <> v_count THEN
                    RAISE EXCEPTION 'another server recorded one of these logs' USING ERRCODE = '40001';
                END IF;
                INSERT INTO organisation_days AS d (org_id, day, block, sends, destinations)
                    SELECT h.org_id, n.day, (v_head + n.place - 1) / \(CounterBlock.size), count(*),
                        sum(n.destinations)
                    FROM organisation_heads h
                    CROSS JOIN unnest(p_days, p_counts) WITH ORDINALITY n (day, destinations, place)
                    WHERE h.org_id = p_org GROUP BY 1, 2, 3
                    ON CONFLICT (org_id, day, block) DO UPDATE
                    SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
                INSERT INTO campaign_days AS d (org_id, campaign, day, block, sends, destinations)
                    SELECT h.org_id, n.campaign, n.day, (v_head + n.place - 1) / \(CounterBlock.size), count(*),
                        sum(n.destinations)
                    FROM organisation_heads h
                    CROSS JOIN unnest(p_campaigns, p_days, p_counts)
                        WITH ORDINALITY n (campaign, day, destinations, place)
                    WHERE h.org_id = p_org GROUP BY 1, 2, 3, 4
                    ON CONFLICT (org_id, campaign, day, block) DO UPDATE
                    SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
            END IF;

            IF cardinality(p_chunk_places) <= \(maxSingleRows) THEN
                FOR v_chunk IN 1..cardinality(p_chunk_places) LOOP
                    INSERT INTO destination_chunks (org_id, seq, number, count, length, crc, body)
                        VALUES (
                            p_org, v_head + p_chunk_places[v_chunk], p_chunk_numbers[v_chunk], p_chunk_counts[v_chunk],
                            p_chunk_lengths[v_chunk], p_chunk_crcs[v_chunk], p_chunk_bodies[v_chunk]
                        );
                END LOOP;
            ELSE
                INSERT INTO destination_chunks (org_id, seq, number, count, length, crc, body)
                    SELECT h.org_id, v_head + c.place, c.number, c.count, c.length, c.crc, c.body
                    FROM organisation_heads h
                    CROSS JOIN unnest(
                        p_chunk_places, p_chunk_numbers, p_chunk_counts, p_chunk_lengths, p_chunk_crcs, p_chunk_bodies
                    ) c (place, number, count, length, crc, body)
                    WHERE h.org_id = p_org;
            END IF;
            FOR v_place IN 1..cardinality(p_staged) LOOP
                IF p_staged[v_place] < 0 THEN
                    UPDATE destination_chunks SET seq = v_head + v_place
                        WHERE org_id = p_org AND seq = p_staged[v_place];
                END IF;
            END LOOP;

            o_place := 0;
            o_seq := v_head + 1;
            o_start := 0;
            o_destinations := 0;
            o_digest := '';
            o_record := '';
            RETURN NEXT;
        END
        $$;
        """
}
